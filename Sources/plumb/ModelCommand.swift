import ArgumentParser

/// `plumb model`.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "List, inspect, convert and download CLIP models.",
    subcommands: [ModelList.self, ModelShow.self, ModelConvert.self, ModelImportTrunk.self, ModelPull.self])
}
