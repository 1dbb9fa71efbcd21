import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
import Compute
import Explanation
import Files
import Foundation
import JSON
import Plotting

/// `plumb explain`.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show which words of a caption an image does not support.",
    discussion: """
        plumb explain cats.jpg "two dogs asleep on a sofa"
        plumb explain cats.jpg "two cats" "three cats in the snow" --svg words.svg
        plumb explain captions.json --images photos --output words.jsonl

      Each word is removed from the caption and replaced by other words of its kind (people, animals, colours, …). The support of a \
      word is the CLIPScore of the caption minus that with the best replacement, or without the word where it is of no known kind; \
      below zero, another word fits the image better. Words such as "the" and "with" are not judged.

      With --images, the argument is a caption file in any layout that plumb score reads, and the words with the least \
      support in all captions are listed: likely hallucinations.
      """)

  @Argument(
    help: ArgumentHelp(
      "An image and captions of it, in quotes; or, with --images, a caption file.",
      valueName: "image-and-captions"
    ))
  var items: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Folder or .tar archive of the images of a caption file.", valueName: "folder"))
  var images: String?

  @OptionGroup var words: WordOptions

  @OptionGroup var model: NamedModel

  @Option(help: "CLIPScore definition.")
  var definition = CLIPScoreDefinition.hessel

  @Flag(help: "Print JSON.")
  var json = false

  @Option(
    help: ArgumentHelp("Write the image with its captions, their words coloured.", valueName: "file.svg"))
  var svg: String?

  @Option(
    help: ArgumentHelp(
      "Number of words to list of a caption file (default: 20, with --json all).", valueName: "count"))
  var top: Int?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write all words of all captions of a file as JSON lines.", valueName: "file.jsonl"))
  var output: String?

  @Flag(help: "Skip captions that cannot be explained, list them, and exit with status 2.")
  var keepGoing = false

  @OptionGroup(title: "Columns")
  var columns: CaptionOptions

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top must be 1 or more.") }
    if images == nil {
      guard items.count > 1 else {
        throw ValidationError(
          "Give an image and at least one caption, in quotes; or a caption file with --images FOLDER.")
      }
      if output != nil || top != nil {
        throw ValidationError("--output and --top are for a caption file, with --images FOLDER.")
      }
    } else {
      guard items.count == 1 else { throw ValidationError("With --images, give one caption file.") }
      if svg != nil {
        throw ValidationError(
          "--svg draws the captions of one image; explain that image alone, without --images.")
      }
    }
  }

  func run() throws {
    if let images { try explainFile(items[0], images: images) } else { try explainImage() }
  }

  private func explainImage() throws {
    let image = try inputFile(items[0])
    let captions = Array(items.dropFirst())
    try checkOutputs { $0.readsImages([items[0]]) }
    let embedder = try options.open(model.name, packing: .whereNeeded)
    Output.note(model.warnings(of: embedder))
    let explainer = try words.explainer(embedder, definition)
    let result = try explainer.explain(
      captions.enumerated().map { .init(id: "caption \($0 + 1)", image: image, caption: $1) },
      keepGoing: keepGoing)
    let explained = result.captions.compactMap(\.self)
    if result.truncated > 0 {
      Output.note(
        "\(counted(result.truncated, "caption")) truncated to \(embedder.contextLength) tokens; words beyond are not judged."
      )
    }
    if let svg {
      let plot = try CaptionPlot(of: explained, image: image, threshold: words.threshold)
      try AtomicFile.write(plot.svg, to: outputFile(svg))
    }
    if json {
      try Output.line(report(explained, explainer, embedder).text(isIndented: true))
    } else {
      try Output.text(
        ExplanationText(threshold: words.threshold, style: .output).text(explained))
    }
    try Output.end(skipped: result.skipped)
  }

  /// One caption's words as the document's own; several in a list.
  private func report(
    _ captions: [ExplainedCaption], _ explainer: CaptionExplainer, _ embedder: CLIPEmbedder
  ) -> JSONValue {
    let values = captions.map { $0.json(threshold: words.threshold) }
    var members: [JSONValue.Member] = [.init("image", .string(items[0]))]
    if items.count == 2, case .object(let only)? = values.first {
      members += only
    } else {
      members.append(.init("captions", .array(values)))
    }
    members += [
      .init("threshold", .number(words.threshold)), .init("clipscore", explainer.formula.json),
      .init("model", embedder.provenance(named: model.name).json),
    ]
    return .object(members)
  }

  private func explainFile(_ file: String, images: String) throws {
    try checkOutputs { check in
      check.reads(file)
      check.readsImages([images])
    }
    var dataset = try CaptionDataset(
      candidates: inputFile(file), selection: columns.selection, keepGoing: keepGoing)
    try dataset.findImages(in: URL(fileURLWithPath: images), keepGoing: keepGoing)
    let embedder = try options.open(model.name)
    var provenance = Provenance(version: plumbVersion)
    provenance.inputs = InputFiles(candidates: file, images: images)
    provenance.model = embedder.provenance(named: model.name)
    provenance.warnings = dataset.warnings + model.warnings(of: embedder)
    let explainer = try words.explainer(embedder, definition)
    let line = ProgressLine()
    defer { line.clear() }
    let result = try explainer.explain(
      dataset.items.compactMap { item in
        item.image.map { .init(id: item.id, image: $0, caption: item.candidate) }
      }, keepGoing: keepGoing
    ) { line.update("captions", $0, of: $1) }
    line.clear()
    provenance.skipped = dataset.skipped + result.skipped
    provenance.truncated.candidates = result.truncated
    let report = HallucinationReport(
      result.captions.compactMap(\.self), threshold: words.threshold, provenance: provenance)
    if let output { try report.writeLines(to: outputFile(output)) }
    if json {
      try Output.line(report.json(top: top).text(isIndented: true))
      Output.note(provenance.warnings)
    } else {
      try Output.text(report.table(top: top ?? 20))
    }
    try Output.end(skipped: provenance.skipped, isListed: !json)
  }

  private func checkOutputs(_ inputs: (inout OutputCheck) -> Void) throws {
    var check = OutputCheck()
    inputs(&check)
    check.reads(words.alternatives)
    check.readsModel(model.name, options.tokenizer)
    check.writes(svg, output)
    try check.validateAndTryFiles()
    try requirePlotName(svg, "--svg")
  }
}

/// What words are compared with, and when one is unsupported.
struct WordOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Words that are alternatives of each other, a line for each kind, with commas or blanks between; they come before the built-in ones.",
      valueName: "file"))
  var alternatives: String?

  @Option(
    help: ArgumentHelp(
      "Support below which a word is called unsupported; the default is set with mini, and plumb evaluate words measures one for another model.",
      valueName: "support"))
  var threshold = WordSupport.defaultThreshold

  func validate() throws {
    guard threshold.isFinite, threshold <= 0 else {
      throw ValidationError("--threshold must be a number that is zero or less.")
    }
  }

  /// The built-in kinds and the user's own.
  func kinds() throws -> WordKinds {
    var kinds = WordKinds.builtIn
    if let alternatives { kinds.override(with: try WordKinds(contentsOf: inputFile(alternatives))) }
    return kinds
  }

  /// Explains with a model.
  func explainer(_ embedder: CLIPEmbedder, _ definition: CLIPScoreDefinition) throws -> CaptionExplainer {
    var explainer = CaptionExplainer(embedder: embedder, definition: definition)
    explainer.kinds = try kinds()
    return explainer
  }
}
