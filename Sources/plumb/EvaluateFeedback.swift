public import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
import Evaluation
import Files
import Foundation
import Plotting
public import Retrieval

extension FeedbackMethod: ExpressibleByArgument {}

/// `plumb evaluate feedback`.
struct EvaluateFeedback: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feedback",
    abstract: "Evaluate relevance feedback with simulated users: P@50 and average precision by rounds.",
    discussion: """
        plumb evaluate feedback labels.csv --images tiny_imagenet --relevance label --plot feedback.svg
        plumb evaluate feedback Flickr8k.token.txt --images Flicker8k_Dataset --query-images Flickr_8k.testImages.txt --keep-going

      With --relevance label, an image's caption is its class, which may stand in a column label; the query is "a photo of a {class}", and all images of the class are \
      relevant. With --relevance captions, the query is a caption of an image, and relevant are the images whose captions share enough \
      words with those of that image, rare words counting more. A simulated user marks images among the first 60 in each round; marked \
      images no longer count.
      """)

  /// What makes an image relevant.
  enum Relevance: String, ExpressibleByArgument, CaseIterable {
    case captions, label
  }

  @Argument(help: "Caption file, with any number of captions for each image. \(standardInputHelp)")
  var captions: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Folder of the images.", valueName: "folder"))
  var images: String

  @Option(help: "What makes an image relevant.")
  var relevance = Relevance.captions

  @Option(help: ArgumentHelp("The query of a class, with {} for its name.", valueName: "text"))
  var template = "a photo of a {}"

  @Option(
    help: ArgumentHelp(
      "Names of the images whose captions or classes are queries, one a line (default: all).",
      valueName: "file"))
  var queryImages: String?

  @Option(help: ArgumentHelp("Least similarity of the captions of a relevant image.", valueName: "number"))
  var similarity: Float = 0.16

  @Option(help: ArgumentHelp("Methods, with commas between (default: all).", valueName: "names"))
  var methods: String?

  @Option(help: ArgumentHelp("Rounds of marks.", valueName: "count"))
  var rounds = 10

  @Option(help: ArgumentHelp("Most relevant and most other images marked in a round.", valueName: "count"))
  var marks = 3

  @Option(help: ArgumentHelp("Number of runs with different images, texts and queries.", valueName: "count"))
  var seeds = 10

  @Option(help: ArgumentHelp("Number of queries of a run.", valueName: "count"))
  var queries = 100

  @Option(help: ArgumentHelp("Write a plot of both measures by rounds.", valueName: "file.svg"))
  var plot: String?

  @OptionGroup var model: NamedModel

  @OptionGroup(title: "Columns")
  var columns: CaptionOptions

  @OptionGroup var common: EvaluateOptions

  @OptionGroup(title: "The model")
  var options: ModelOptions

  private func chosenMethods() throws -> [FeedbackMethod] {
    guard let methods else { return FeedbackMethod.withoutTrees }
    return try methods.split(separator: ",").map { name in
      guard let method = FeedbackMethod(rawValue: name.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError(
          "\"\(name)\" is no method; expected some of \(FeedbackMethod.allCases.map(\.rawValue).joined(separator: ", "))."
        )
      }
      return method
    }
  }

  func validate() throws {
    guard try !chosenMethods().isEmpty else { throw ValidationError("--methods names none.") }
    for (name, value) in [("rounds", rounds), ("marks", marks), ("seeds", seeds), ("queries", queries)]
    where value < 1 || value > 100_000 {
      throw ValidationError("--\(name) must be from 1 to 100000.")
    }
    guard (0...1).contains(similarity) else { throw ValidationError("--similarity must be from 0 to 1.") }
    guard template.contains("{}") else {
      throw ValidationError("--template \"\(template)\" has no {} for the class.")
    }
  }

  func run() throws {
    try common.report.check { check in
      check.reads(captions, queryImages)
      check.readsImages([images])
      check.readsModel(model.name, options.tokenizer)
      check.writes(plot)
    }
    try requirePlotName(plot, "--plot")
    var provenance = Provenance(version: plumbVersion)
    let line = ProgressLine()
    defer { line.clear() }
    let (file, folder) = (try inputFile(captions), URL(fileURLWithPath: images))
    let (selection, keepGoing) = (columns.selection, common.keepGoing)
    let set =
      try relevance == .label
      ? CaptionedImages(labelsOf: file, images: folder, selection: selection, keepGoing: keepGoing)
      : CaptionedImages(contentsOf: file, images: folder, selection: selection, keepGoing: keepGoing)
    let embedder = try options.open(model.name)
    provenance.inputs.others = [(key: "captions", name: captions)]
    provenance.inputs.images = images
    provenance.model = embedder.provenance(named: model.name)
    provenance.warnings = set.warnings + model.warnings(of: embedder)
    let embedded = try embedder.embedImages(
      at: set.images.map(\.image), keepGoing: common.keepGoing,
      progress: { line.update("images", $0, of: $1) })
    let rows = set.images.indices.filter { embedded.failures[$0] == nil }
    let items = rows.map { set.images[$0] }
    provenance.skipped =
      set.skipped
      + embedded.failures.sorted { $0.key < $1.key }.map {
        SkippedItem(id: set.images[$0.key].name, reason: sentence(for: $0.value))
      }
    let all = try queries(of: items)
    let texts = try embedder.embedTexts(all.flatMap(\.texts)).embeddings
    var first = 0
    let textsOfQueries = try all.map { query in
      defer { first += query.texts.count }
      return try texts.selecting(Array(first..<first + query.texts.count), name: "the queries")
    }
    var evaluation = FeedbackEvaluation()
    evaluation.methods = try chosenMethods()
    (evaluation.rounds, evaluation.marks, evaluation.seeds) = (rounds, marks, seeds)
    (evaluation.queries, evaluation.threads) = (queries, options.threads)
    let result = try evaluation.result(
      all, images: embedded.embeddings.selecting(rows, name: "the images"), texts: textsOfQueries,
      progress: { line.update("runs", $0, of: $1) })
    line.clear()
    if let plot { try AtomicFile.write(result.plot(subtitle: model.name).svg, to: outputFile(plot)) }
    try common.finish(result.report(provenance: provenance))
  }

  private func queries(of items: [CaptionedImages.Image]) throws -> [FeedbackQuery] {
    let split = try queryImages.map { try ImageSplit(contentsOf: inputFile($0)) }
    if let split, let queryImages, !items.contains(where: { split.contains($0.name) }) {
      throw ValidationError("--query-images \(queryImages) names no image of \(captions).")
    }
    let queries: [FeedbackQuery]
    switch relevance {
    case .label:
      let labels = items.map { $0.captions.first ?? "" }
      let chosen = split.map { split in
        Set(items.indices.filter { split.contains(items[$0].name) }.map { labels[$0] })
      }
      queries = FeedbackQuery.classes(labels, template: template).filter { chosen?.contains($0.name) ?? true }
    case .captions:
      let captions = items.map(\.captions)
      let chosen = items.indices.filter { split?.contains(items[$0].name) ?? true }
      queries = CaptionSimilarity(captions).queries(
        of: chosen, captions: captions, names: items.map(\.name), least: similarity)
    }
    guard !queries.isEmpty else {
      throw ValidationError(
        relevance == .label
          ? "\(captions) names no class."
          : "no image of \(queryImages ?? captions) has 60 to 200 images like it; try another --similarity.")
    }
    return queries
  }
}
