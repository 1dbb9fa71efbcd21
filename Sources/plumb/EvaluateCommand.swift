import ArgumentParser

/// `plumb evaluate`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Find out how good an embedder is, from a checkpoint or from embeddings in NumPy files.",
    subcommands: [
      EvaluateRetrieval.self, EvaluateComposition.self, EvaluateTextSimilarity.self, EvaluateParaphrase.self,
      EvaluateScores.self,
    ])
}
