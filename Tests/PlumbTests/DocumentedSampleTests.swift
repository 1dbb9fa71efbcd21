import Foundation
import TestSupport
import Testing

/// Every Swift sample of the pages in docs, of the DocC pages and of documentation comments compiles against the public API.
@Suite struct DocumentedSampleTests {
  /// What the surroundings of a sample have: the parameters of the function that it becomes the body of, by the end of the
  /// path of its file.
  static let surroundings: [(file: String, parameters: String)] = [
    ("CLIPModel.swift", "folder: URL"), ("BytePairTrainer.swift", "captions: [String], folder: URL"),
    ("CaptionDataset.swift", "candidates: URL, references: URL, photos: URL"),
    ("CLIPScorer.swift", "embedder: CLIPEmbedder, photo: URL"),
    ("CaptionExplainer.swift", "clip: CLIPEmbedder, photo: URL"),
    (
      "Evaluation.docc/EvaluatingEmbedders.md",
      "tuned: CLIPEmbedder, original: CLIPEmbedder, queries: ParaphrasedQueries, sets: [TextSimilaritySet], "
        + "provenance: Provenance"
    ),
    (
      "ModelComparison.swift",
      "tuned: CLIPEmbedder, original: CLIPEmbedder, queries: ParaphrasedQueries, sets: [TextSimilaritySet], "
        + "provenance: Provenance"
    ),
    ("BranchIndex.swift", "embeddings: Embeddings, folder: URL"),
    ("QueryRefiner.swift", "text: [Float], search: ExactSearch"),
    ("Feedback/Feedback.swift", "text: [Float], liked: [Float], disliked: [Float], search: ExactSearch"),
    ("MetricRegistration.swift", "file: URL"), ("WordMetric.swift", "file: URL, captions: [String]"),
    (
      "ScoreReport.swift", "captions: [ScoreReport.Caption], provenance: Provenance, bleu: MetricResult"
    ),
    ("WeightInterpolation.swift", "before: Checkpoint, tuned: Checkpoint"),
    (
      "TrainingRun.swift",
      "header: RunHeader, description: RunDescription, task: some TrainingTask, plan: StagePlan"
    ),
    ("CaptionEvaluation.swift", "candidates: URL, references: URL"),
    ("Student.swift", "teacher: URL, output: URL"), ("JudgementSet.swift", "provenance: Provenance"),
    ("ImageIndex.swift", "clip: CLIPEmbedder"), ("ExactSearch.swift", "clip: CLIPEmbedder"),
    ("ImageSearch.swift", "index: ImageIndex, clip: CLIPEmbedder"),
    ("NearestImages.swift", "texts: Embeddings, images: Embeddings"),
    ("ParaphrasedQueries.swift", "paraphrases: URL, photos: URL"),
    ("RetrievalEvaluation.swift", "images: Embeddings, texts: Embeddings"),
    ("PairedSample.swift", "scores: [Double], ratings: [Double]"),
    ("TextSimilarity.swift", "clip: CLIPEmbedder"),
    ("AtomicFile.swift", "url: URL"), ("NumPyWriter.swift", "url: URL, embeddings: Embeddings"),
    ("OutputCheck.swift", "captions: URL, photos: URL, scores: URL"),
    ("Paraphrase.md", "file: URL, folder: URL, output: URL"),
    ("IntervalPlot.swift", "rows: [IntervalPlot.Row], url: URL"), ("ImageCache.swift", "set: TrainingSet"),
    (
      "BatchLoader.swift",
      "set: TrainingSet, order: EpochOrder, options: BatchLoader.Options, position: DataPosition"
    ),
    ("TrainingSet.swift", "tokens: URL, folder: URL, trainingImages: URL"), ("Recipe.swift", "url: URL"),
    ("Training.docc/Training.md", "student: URL"),
  ]

  /// A sample and where it stands.
  private struct Sample {
    let file: String
    let lines: [Substring]
  }

  /// The samples of a file: fenced blocks, in comments too.
  private static func samples(of file: String, in text: String) -> [Sample] {
    var samples: [Sample] = []
    var lines: [Substring]?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let code = line.drop { $0 == " " }.hasPrefix("///") ? line.drop { $0 != "/" }.dropFirst(3) : line
      let trimmed = code.drop { $0 == " " }
      if let begun = lines {
        if trimmed.hasPrefix("```") {
          samples.append(Sample(file: file, lines: begun))
          lines = nil
        } else {
          lines = begun + [code]
        }
      } else if trimmed == "```swift" {
        lines = []
      }
    }
    return samples
  }

  private static func all() throws -> [Sample] {
    let root = CommandRun.package
    var files = ["README.md"]
    for folder in ["docs", "Sources"] {
      let names =
        FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)?
        .compactMap { $0 as? String } ?? []
      // What stands on the HTTP server compiles only with the C modules of its packages.
      files += names.filter {
        ($0.hasSuffix(".md") || $0.hasSuffix(".swift")) && !$0.hasPrefix("PlumbServer/")
      }
      .sorted().map { "\(folder)/\($0)" }
    }
    return try files.flatMap {
      samples(of: $0, in: try String(contentsOf: root.appendingPathComponent($0), encoding: .utf8))
    }
  }

  /// The samples as functions of one file, which imports what any of them or its surroundings need.
  private static func source(_ samples: [Sample]) -> String {
    let modules = [
      "CLIP", "CaptionData", "CaptionMetrics", "Captioning", "Compute", "Distillation", "Evaluation",
      "Explanation", "Files", "FineTuning",
      "Foundation", "Paraphrase", "Plotting", "Retrieval", "Sharding", "Training",
    ]
    var text = modules.map { "import \($0)\n" }.joined()
    for (index, sample) in samples.enumerated() {
      let parameters = surroundings.first { sample.file.hasSuffix($0.file) }?.parameters ?? ""
      text += "\nfunc sample\(index)(\(parameters)) throws {\n"
      text += "  // \(sample.file)\n"
      for line in sample.lines where !line.hasPrefix("import ") {
        text += "  \(line.replacing("{ … }", with: "{ _ = batch }"))\n"
      }
      text += "}\n"
    }
    return text
  }

  @Test func everyOneCompiles() throws {
    let samples = try Self.all()
    #expect(samples.count > 30)
    #expect(samples.contains { $0.file == "docs/library.md" })
    let products = CommandRun.executable.deletingLastPathComponent()
    let sources = CommandRun.package.appendingPathComponent("Sources")
    let maps = [products, sources].flatMap { folder in
      (FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? [])
        .filter { $0.hasSuffix("module.modulemap") && !$0.contains("-tool.build/") }.map {
          folder.appendingPathComponent($0).path
        }
    }
    // What the packages that ours is built with wrap: a client's own build finds these by itself.
    let checkouts = CommandRun.package.appendingPathComponent(".build/checkouts")
    let wrapped = ["Yams/Sources/CYaml/include", "GRDB.swift/Sources/GRDBSQLite"].map {
      checkouts.appendingPathComponent($0).appendingPathComponent("module.modulemap").path
    }
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("Samples.swift")
      try Data(Self.source(samples).utf8).write(to: file)
      let errors = folder.appendingPathComponent("errors")
      try Data().write(to: errors)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments =
        [
          "swiftc", "-typecheck", "-swift-version", "6", "-suppress-warnings", "-I",
          products.appendingPathComponent("Modules").path, "-module-cache-path",
          folder.appendingPathComponent("cache").path, file.path,
        ] + (maps + wrapped).flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
      process.standardError = try FileHandle(forWritingTo: errors)
      try process.run()
      process.waitUntilExit()
      let said = try String(contentsOf: errors, encoding: .utf8)
      #expect(process.terminationStatus == 0, "\(said)\n\(Self.source(samples))")
    }
  }
}
