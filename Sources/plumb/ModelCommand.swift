import ArgumentParser

/// What can be done with a checkpoint.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "List, look at, convert or fetch CLIP checkpoints.",
    subcommands: [ModelList.self, ModelShow.self, ModelConvert.self, ModelPull.self])
}
