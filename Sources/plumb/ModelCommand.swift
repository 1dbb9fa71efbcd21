import ArgumentParser

/// What can be done with a checkpoint.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Look at, convert or fetch a CLIP checkpoint.",
    subcommands: [ModelShow.self, ModelConvert.self, ModelPull.self])
}
