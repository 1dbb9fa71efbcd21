import ArgumentParser

/// `plumb tokenizer`.
struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Train a tokenizer for a CLIP model.",
    subcommands: [TokenizerTrain.self])
}
