import ArgumentParser

/// `plumb runs`.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "Summarize training runs, and plot their losses, learning rates and validations.",
    subcommands: [RunsShow.self, RunsPlot.self])
}
