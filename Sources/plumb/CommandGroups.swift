import ArgumentParser

/// `plumb embed`.
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Embed images or text and write the embeddings to a NumPy file, or to one for each shard.",
    subcommands: [EmbedImages.self, EmbedTexts.self, EmbedShards.self], defaultSubcommand: EmbedShards.self)
}

/// `plumb features`.
struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Write what an image encoder has before it pools: a grid of features an image.",
    subcommands: [FeaturesImages.self])
}

/// `plumb evaluate`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a model on benchmarks, from a checkpoint or from precomputed embeddings.",
    subcommands: [
      EvaluateRetrieval.self, EvaluateFeedback.self, EvaluateComposition.self, EvaluateTextSimilarity.self,
      EvaluateParaphrase.self,
      EvaluateScores.self, EvaluateWords.self,
    ])
}

/// `plumb model`.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "List, inspect, convert and download CLIP models.",
    subcommands: [ModelList.self, ModelShow.self, ModelConvert.self, ModelImportTrunk.self, ModelPull.self])
}

/// `plumb runs`.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "Summarize training runs, and plot their losses, learning rates and validations.",
    subcommands: [RunsShow.self, RunsPlot.self])
}

/// `plumb tokenizer`.
struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Train a tokenizer for a CLIP model.",
    subcommands: [TokenizerTrain.self])
}

/// `plumb torch`.
struct TorchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torch",
    abstract: "Set up libtorch, which training needs, and show what is set up.",
    subcommands: [TorchSetupCommand.self, TorchShowCommand.self])
}

/// `plumb caption`.
struct CaptionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "caption",
    abstract: "Describe images, and train captioners.",
    subcommands: [CaptionGenerate.self, CaptionTrain.self, CaptionTune.self, CaptionGrammar.self])
}
