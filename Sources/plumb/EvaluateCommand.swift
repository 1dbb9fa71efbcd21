import ArgumentParser

/// `plumb evaluate`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a model on benchmarks, from a checkpoint or from precomputed embeddings.",
    subcommands: [
      EvaluateRetrieval.self, EvaluateComposition.self, EvaluateTextSimilarity.self, EvaluateParaphrase.self,
      EvaluateScores.self,
    ])
}
