import ArgumentParser

/// What can be done with a tokenizer.
struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Learn the vocabulary of a CLIP's tokenizer.",
    subcommands: [TokenizerTrain.self])
}
