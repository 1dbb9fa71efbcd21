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
      "See whether a model answers a wish and its paraphrase alike, and what tuning it for that has cost.",
    discussion: """
        plumb evaluate paraphrase P.jsonl --images photos
        plumb evaluate paraphrase Flickr8k.token.txt --split Flickr_8k.testImages.txt --images Flicker8k_Dataset \\
          --model tuned --before mini --sts stsbenchmark --sts SICK --plot before-after.svg
        plumb evaluate paraphrase queries.csv --query wish --paraphrase other --images photos --unpaired --model tuned

      Of the first 10 images for a query and for its paraphrase: AO@10, the mean over d of the share that the first d have \
      in common, and JS@10, the images in both over those in either; of equal cosines the first image counts as the \
      nearer. Then R@1, R@5 and R@10 from text to image with each wording, a tie counting against the model, and what \
      --sts and --composition name. All times 100, with bootstrap intervals; two models are compared on the same draws, \
      and what one of them cannot embed is skipped for both. An image tower that both share embeds images once.

      CAPTIONS are what plumb paraphrase writes (caption against paraphrase), any two columns of a CSV, a TSV or JSON \
      lines, or captions in the layouts of plumb evaluate retrieval: caption 1 against caption 2 of each image. The \
      images are those that CAPTIONS name; without any, or with --unpaired, all of the folder.

      Embeddings at hand take the place of CAPTIONS, --images and --model.
      """)

  @Argument(help: "Queries with their paraphrases, or several captions an image.")
  var captions: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The images.", valueName: "folder"))
  var images: String?

  @OptionGroup var model: NamedModel

  @Option(help: "The model that it is compared with: itself, before it was tuned.")
  var before: String?

  @Option(
    help: ArgumentHelp("The queries' column, or the number of a caption, from 1.", valueName: "column"))
  var query: String?

  @Option(help: ArgumentHelp("The paraphrases', or the number of a caption.", valueName: "column"))
  var paraphrase: String?

  @Option(help: ArgumentHelp("The names of the images that count, a line each.", valueName: "file"))
  var split: String?

  @Flag(help: "The queries belong to none of the images: compare their rankings only.")
  var unpaired = false

  @Option(help: ArgumentHelp("How many images of a ranking count.", valueName: "count"))
  var depth = 10

  @Option(
    help: ArgumentHelp("Pairs of sentences with gold, as plumb evaluate sts takes them.", valueName: "path"))
  var sts: [String] = []

  @Option(
    help: ArgumentHelp("SugarCrepe or ARO, as plumb evaluate composition takes them.", valueName: "path"))
  var composition: [String] = []

  @Option(help: ArgumentHelp("The images of each --composition.", valueName: "folder"))
  var compositionImages: [String] = []

  @Option(help: ArgumentHelp("How often is drawn for the intervals.", valueName: "count"))
  var resamples = 1000

  @Option(help: "What the draws depend on.")
  var seed: UInt64 = 0

  @Option(
    name: [.long, .customLong("svg")],
    help: ArgumentHelp("Draw the values with their intervals.", valueName: "file.svg"))
  var plot: String?

  @OptionGroup(title: "Embeddings at hand")
  var embeddings: ParaphrasedFiles

  @OptionGroup var common: EvaluateOptions

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    if embeddings.areNamed {
      guard [captions, images, model.model, before, query, paraphrase, split].allSatisfy({ $0 == nil }),
        sts.isEmpty,
        composition.isEmpty
      else { throw ValidationError("Embeddings at hand do not go with captions, images and models.") }
      guard !unpaired || embeddings.pairs == nil else {
        throw ValidationError("--pairs tells which belong together; leave out --unpaired.")
      }
    } else {
      guard captions != nil || !sts.isEmpty || !composition.isEmpty else {
        throw ValidationError(
          "Give CAPTIONS with --images, --sts or --composition, or embeddings: something to measure.")
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
    // What is wrong with the places of the outputs is known before the work.
    try common.report.check(reading: inputs)
    if let plot { try AtomicFile(URL(fileURLWithPath: plot)).discard() }
    let line = ProgressLine()
    defer { line.clear() }
    let comparison =
      try embeddings.areNamed
      ? compareFiles(&provenance, line) : compareModels(&provenance, line)
    line.clear()
    let report = comparison.report(provenance: provenance)
    if let plot {
      try AtomicFile.write(
        comparison.svg(subtitle: subtitle(report)), to: URL(fileURLWithPath: plot))
    }
    try common.finish(report)
  }

  private func inputs(_ check: inout OutputCheck) {
    check.reads([captions, split] + sts + composition + embeddings.inputs.map(\.name))
    check.readsImages([images] + compositionImages)
    if !embeddings.areNamed { check.readsModel(model.name, before, options.tokenizer) }
    check.writes(plot)
  }

  /// What the image says below its title.
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
