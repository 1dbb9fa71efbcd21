import ArgumentParser

/// `plumb train`.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Set up libtorch, which training needs, and draw training runs.",
    subcommands: [TrainSetup.self, TrainShow.self, TrainPlot.self])
}
