import ArgumentParser
import CLIP
import CaptionMetrics
import Evaluation
import Files
import Foundation

/// `plumb evaluate paraphrase`.
struct EvaluateParaphrase: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paraphrase",
    abstract:
      "Evaluate paraphrase robustness: whether a model ranks images alike for a query and its paraphrase.",
    discussion: """
        plumb evaluate paraphrase P.jsonl --images photos
        plumb evaluate paraphrase Flickr8k.token.txt --split Flickr_8k.testImages.txt --images Flicker8k_Dataset \\
          --model tuned --before mini --sts stsbenchmark --sts SICK --plot before-after.svg
        plumb evaluate paraphrase queries.csv --query query --paraphrase paraphrase --images photos --unpaired --model tuned

      For each query and its paraphrase the top 10 images are compared: AO@10 is the average overlap, the mean over d of \
      the share of the first d that both rankings have in common; JS@10 is the Jaccard similarity of the two sets. Among \
      equal cosines the first image ranks higher. Text-to-image R@1, R@5 and R@10 follow for queries and paraphrases (a \
      tie counts against the model), and the benchmarks of --sts and --composition. All values are times 100, with \
      bootstrap confidence intervals. Two models are compared on the same resamples; items that one of them cannot embed \
      are skipped for both, and images are embedded once where both share an image tower.

      CAPTIONS are the output of plumb paraphrase (caption against paraphrase), any two columns of a CSV, a TSV or JSON \
      lines, or captions in the formats of plumb evaluate retrieval: caption 1 against caption 2 of each image. The \
      images are those that CAPTIONS name; without names, or with --unpaired, all of the folder.

      Precomputed embeddings take the place of CAPTIONS, --images and --model.
      """)

  @Argument(help: "Queries with their paraphrases, or several captions for each image.")
  var captions: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("Folder of the images.", valueName: "folder"))
  var images: String?

  @OptionGroup var model: NamedModel

  @Option(help: "Baseline model to compare with, such as the model before fine-tuning.")
  var before: String?

  @Option(
    help: ArgumentHelp("Column of the queries, or the number of a caption, from 1.", valueName: "column"))
  var query: String?

  @Option(help: ArgumentHelp("Column of the paraphrases, or the number of a caption.", valueName: "column"))
  var paraphrase: String?

  @Option(help: ArgumentHelp("File with the names of the images to use, one a line.", valueName: "file"))
  var split: String?

  @Flag(help: "The queries belong to no image: compare rankings only.")
  var unpaired = false

  @Option(help: ArgumentHelp("Number k of top images in AO@k and JS@k.", valueName: "count"))
  var depth = 10

  @Option(
    help: ArgumentHelp("STS benchmark, as for plumb evaluate sts; may be repeated.", valueName: "path"))
  var sts: [String] = []

  @Option(
    help: ArgumentHelp(
      "SugarCrepe or ARO, as for plumb evaluate composition; may be repeated.", valueName: "path"))
  var composition: [String] = []

  @Option(help: ArgumentHelp("Image folder of each --composition.", valueName: "folder"))
  var compositionImages: [String] = []

  @Option(help: ArgumentHelp("Number of bootstrap resamples.", valueName: "count"))
  var resamples = 1000

  @Option(help: "Random seed.")
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp("Write a plot of the values with their confidence intervals.", valueName: "file.svg"))
  var plot: String?

  @OptionGroup(title: "Precomputed embeddings")
  var embeddings: ParaphrasedFiles

  @OptionGroup var common: EvaluateOptions

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    if embeddings.areNamed {
      guard [captions, images, model.model, before, query, paraphrase, split].allSatisfy({ $0 == nil }),
        sts.isEmpty,
        composition.isEmpty
      else {
        throw ValidationError("Precomputed embeddings cannot be combined with captions, images and models.")
      }
      guard !unpaired || embeddings.pairs == nil else {
        throw ValidationError("--pairs and --unpaired exclude each other.")
      }
    } else {
      guard captions != nil || !sts.isEmpty || !composition.isEmpty else {
        throw ValidationError(
          "Give CAPTIONS with --images, --sts, --composition, or precomputed embeddings.")
      }
      guard (captions == nil) == (images == nil) else {
        throw ValidationError("CAPTIONS and --images go together.")
      }
      if let query, let paraphrase, (Int(query) == nil) != (Int(paraphrase) == nil) {
        throw ValidationError("--query and --paraphrase are two columns, or the numbers of two captions.")
      }
    }
    guard composition.isEmpty == compositionImages.isEmpty,
      compositionImages.count <= 1 || compositionImages.count == composition.count
    else {
      throw ValidationError("Give --composition-images once, or once for each --composition.")
    }
    guard (0...1_000_000).contains(resamples) else {
      throw ValidationError("--resamples must be from 0 to 1000000.")
    }
    guard depth > 0 else { throw ValidationError("--depth must be 1 or more.") }
  }

  func run() throws {
    var provenance = Provenance(version: plumbVersion)
    try common.report.check(reading: inputs)
    try requirePlotName(plot, "--plot")
    let line = ProgressLine()
    defer { line.clear() }
    let comparison =
      try embeddings.areNamed
      ? compareFiles(&provenance, line) : compareModels(&provenance, line)
    line.clear()
    let report = comparison.report(provenance: provenance)
    if let plot {
      try AtomicFile.write(
        comparison.svg(subtitle: subtitle(report)), to: outputFile(plot))
    }
    try common.finish(report)
  }

  private func inputs(_ check: inout OutputCheck) {
    check.reads([captions, split] + sts + composition + embeddings.inputs.map(\.name))
    check.readsImages([images] + compositionImages)
    if !embeddings.areNamed { check.readsModel(model.name, before, options.tokenizer) }
    check.writes(plot)
  }

  /// The subtitle of the plot.
  private func subtitle(_ report: EvaluationReport) -> String {
    var parts: [String] = []
    if let before { parts.append("before: \(before)") }
    if !embeddings.areNamed { parts.append(before == nil ? model.name : "after: \(model.name)") }
    parts += report.remarks.filter { $0.label == "items" }.map(\.text)
    return parts.joined(separator: "; ")
  }

  private func prepared(_ comparison: ModelComparison) -> ModelComparison {
    var comparison = comparison
    comparison.depth = depth
    comparison.bootstrap = Bootstrap(seed: seed, resamples: resamples)
    comparison.keepGoing = common.keepGoing
    comparison.threads = options.threads
    return comparison
  }

  private func compareFiles(_ provenance: inout Provenance, _ line: ProgressLine) throws -> ModelComparison {
    provenance.inputs.others = embeddings.inputs
    let models = try embeddings.open()
    var comparison = prepared(ModelComparison())
    try comparison.compareRankings(of: models, pairs: unpaired ? nil : embeddings.pairing(models)) {
      line.update("texts compared", $0, of: $1)
    }
    return comparison
  }

  private func compareModels(_ provenance: inout Provenance, _ line: ProgressLine) throws -> ModelComparison {
    // All that is read is read first: what is wrong in it is known before the models are opened.
    let queries = try captions.map { try readQueries($0) }
    let similarity =
      try sts.isEmpty
      ? nil
      : TextSimilarity(sets: sts.flatMap { try TextSimilaritySet.read(URL(fileURLWithPath: $0)) })
    let cases = try composition.enumerated().map { index, path in
      (
        sets: try CompositionSet.read(URL(fileURLWithPath: path), keepGoing: common.keepGoing),
        images: compositionImages.count == 1 ? compositionImages[0] : compositionImages[index]
      )
    }
    provenance.inputs.others =
      (captions.map { [(key: "captions", name: $0)] } ?? [])
      + (split.map { [(key: "split", name: $0)] } ?? []) + sts.map { (key: "sts", name: $0) }
      + composition.map { (key: "composition", name: $0) }
      + compositionImages.map { (key: "composition_images", name: $0) }
    provenance.inputs.images = images

    let tuned = try options.open(model.name)
    provenance.model = tuned.provenance(named: model.name)
    provenance.warnings = (queries?.warnings ?? []) + model.warnings(of: tuned)
    let original = try before.map { try options.open($0) }
    if let original {
      provenance.before = original.provenance(named: before ?? "")
      provenance.warnings += original.warnings.filter { !tuned.warnings.contains($0) }.map { "before: \($0)" }
    }
    var comparison = prepared(
      ModelComparison(
        of: tuned, before: original, sharesImages: original.map(tuned.hasImages(of:)) ?? false))
    if let queries {
      try comparison.compareRankings(of: queries, progress: { line.update($0.rawValue, $1, of: $2) }) {
        line.update("texts compared", $0, of: $1)
      }
    }
    if let similarity {
      try comparison.compareSimilarities(on: similarity) { line.update("sentences", $0, of: $1) }
    }
    for (sets, images) in cases {
      for set in sets {
        try comparison.compareComposition(on: set, images: URL(fileURLWithPath: images, isDirectory: true)) {
          line.update("\(set.kind.rawValue) \($0.rawValue)", $1, of: $2)
        }
      }
    }
    return comparison
  }

  private func readQueries(_ path: String) throws -> ParaphrasedQueries {
    let split = split.map { URL(fileURLWithPath: $0) }
    var queries = try ParaphrasedQueries(
      contentsOf: inputFile(path), query: query, paraphrase: paraphrase, split: split,
      keepGoing: common.keepGoing)
    try queries.findImages(
      in: URL(fileURLWithPath: images ?? "", isDirectory: true), isUnpaired: unpaired, split: split,
      keepGoing: common.keepGoing)
    return queries
  }
}
