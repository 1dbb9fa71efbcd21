import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
import Evaluation
import Files
import Foundation

/// `plumb classify`.
struct Classify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sort images by labels that are only names (zero-shot classification).",
    discussion: """
        plumb classify photos --labels cat,dog,horse
        plumb classify photos --labels labels.txt --csv choices.csv --top 3
        plumb classify flowers --labels labels.txt --truth folders --confusion confusion.csv
        plumb classify photos --labels labels.txt --truth truth.csv --calibrate --json

      Each label becomes texts such as "a photo of a cat.", and an image gets the label whose texts are nearest. A file of labels \
      has one a line, and synonyms behind it with commas between. --template gives texts of your own, with {} for the name.

      Probabilities are the softmax of cosines times a scale: --calibrate chooses the scale with which they are as often right as \
      they say, from images whose labels are known (--truth: a file of images and labels, or the names of their folders), and \
      --scale takes it for others.
      """)

  @Argument(
    help:
      "Image files, folders of images with their subfolders, and .tar archives; - is an image from standard input."
  )
  var paths: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Labels with commas between, or a file with one a line; synonyms after commas.",
      valueName: "file|a,b,c"))
  var labels: String

  @Option(
    help: ArgumentHelp(
      "A text with {} for the label; may be repeated (default: \(ZeroShotClassifier.standardTemplates.count) texts of photographs).",
      valueName: "text"))
  var template: [String] = []

  @Option(
    help: ArgumentHelp(
      "The true labels: folders, for the name of each image's folder, or a file of images and labels.",
      valueName: "folders|file"))
  var truth: String?

  @Option(
    help: ArgumentHelp("Name or number of the column of true labels (default: label).", valueName: "name"))
  var truthColumn: String?

  @Option(help: ArgumentHelp("Number of labels to show for an image.", valueName: "count"))
  var top = 1

  @Option(
    help: ArgumentHelp("Factor of the cosines (default: the model's own, or 100).", valueName: "number"))
  var scale: Double?

  @Flag(help: "Choose the scale by the true labels.")
  var calibrate = false

  @Flag(
    help:
      "Take away each label's mean over all images, for labels that would win too often; needs many images.")
  var balance = false

  @Option(help: ArgumentHelp("Write the labels of each image as CSV.", valueName: "file.csv"))
  var csv: String?

  @Option(
    help: ArgumentHelp(
      "Write how often each true label was given each label as CSV.", valueName: "file.csv"))
  var confusion: String?

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(
    help: "Skip images that cannot be read or whose true label is none, list them, and exit with status 2.")
  var keepGoing = false

  @OptionGroup var model: NamedModel

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    guard !paths.isEmpty else { throw ValidationError("Missing expected argument '<paths> ...'") }
    guard (1...1000).contains(top) else { throw ValidationError("--top must be from 1 to 1000.") }
    if let scale, !(scale.isFinite && scale > 0) {
      throw ValidationError("--scale must be a number above 0.")
    }
    if let bad = template.first(where: { !$0.contains("{}") }) {
      throw ValidationError("--template \"\(bad)\" has no {} for the label.")
    }
    if truth == nil, calibrate || confusion != nil {
      throw ValidationError("\(calibrate ? "--calibrate" : "--confusion") needs --truth, the true labels.")
    }
    if calibrate, scale != nil {
      throw ValidationError("--calibrate chooses the scale; leave out --scale.")
    }
    if truth != nil, paths.contains("-") {
      throw ValidationError(
        "--truth finds labels by the names of images, and an image from standard input has none; leave out --truth."
      )
    }
    if truth != nil, truth != "folders", paths.count > 1 {
      throw ValidationError("--truth FILE names the images of one folder; give one.")
    }
  }

  func run() throws {
    try checkOutputs()
    let set = try labelSet()
    var provenance = Provenance(version: plumbVersion)
    provenance.inputs.images = paths.joined(separator: ", ")
    provenance.inputs.others = [(key: "labels", name: labels)] + (truth.map { [("truth", $0)] } ?? [])
    var items = try images(set, skipped: &provenance.skipped)
    let embedder = try options.open(model.name)
    provenance.model = embedder.provenance(named: model.name)
    provenance.warnings = model.warnings(of: embedder)
    let templates = template.isEmpty ? ZeroShotClassifier.standardTemplates : template
    let classifier = try ZeroShotClassifier(set, templates: templates, embedder: embedder)
    let line = ProgressLine()
    defer { line.clear() }
    let embedded = try embedder.embedImages(at: items.map(\.url), keepGoing: keepGoing) {
      line.update("images", $0, of: $1)
    }
    line.clear()
    let kept = items.indices.filter { embedded.failures[$0] == nil }
    provenance.skipped += embedded.failures.sorted { $0.key < $1.key }.map {
      SkippedItem(id: items[$0.key].name, reason: sentence(for: $0.value))
    }
    guard !kept.isEmpty else {
      throw NothingEmbedded(kind: "images", reason: provenance.skipped.first?.reason)
    }
    items = kept.map { items[$0] }
    var settings = ClassificationReport.Options(scale: scale ?? Self.scale(of: embedder))
    (settings.calibrates, settings.isBalanced, settings.top) = (calibrate, balance, top)
    let report = try ClassificationReport(
      images: items.map(\.name), embeddings: embedded.embeddings.selecting(kept, name: "the images"),
      truth: truth == nil ? nil : items.compactMap(\.truth), by: classifier, templates: templates,
      options: settings, provenance: provenance)
    if let csv { try AtomicFile.write(report.csv(), to: outputFile(csv)) }
    if let confusion, let text = report.confusionCSV() {
      try AtomicFile.write(text, to: outputFile(confusion))
    }
    if json {
      try Output.line(report.json())
      Output.note(provenance.warnings)
    } else {
      try Output.text(report.table())
    }
    try Output.end(skipped: provenance.skipped, isListed: !json)
  }

  private func checkOutputs() throws {
    var check = OutputCheck()
    check.readsImages(paths)
    check.reads(labels, truth)
    check.readsModel(model.name, options.tokenizer)
    check.writes(csv, confusion)
    try check.validateAndTryFiles()
  }

  /// A file where there is one of this name, or else names.
  private func labelSet() throws -> LabelSet {
    guard labels == "-" || FileManager.default.fileExists(atPath: labels) else {
      guard labels.contains(",") else {
        throw ValidationError(
          "--labels \(labels): there is no such file, and a list of labels has commas between them.")
      }
      return try LabelSet(list: labels)
    }
    return try LabelSet(contentsOf: inputFile(labels))
  }

  private struct Item {
    var name: String
    var url: URL
    var truth: Int?
  }

  /// The images, with their true labels where these are known.
  private func images(_ set: LabelSet, skipped: inout [SkippedItem]) throws -> [Item] {
    let images: [(item: Item, labels: [String])]
    if let truth, truth != "folders" {
      var selection = CaptionSelection(column: truthColumn)
      (selection.columnOption, selection.idColumnOption) = ("--truth-column", nil)
      let table = try CaptionedImages(
        labelsOf: inputFile(truth), images: URL(fileURLWithPath: paths[0]),
        selection: selection, keepGoing: keepGoing)
      skipped += table.skipped
      images = table.images.map { (Item(name: $0.name, url: $0.image), $0.captions) }
    } else {
      let urls = try ImageList(paths.map(inputFile), withSubfolders: true).urls
      images = urls.map { url in
        (
          Item(name: FileStretch.name(of: url), url: url),
          truth == nil ? [] : [url.deletingLastPathComponent().lastPathComponent]
        )
      }
    }
    return try images.compactMap { item, labels in
      guard let label = labels.first, truth != nil else { return item }
      let error: EvaluationError
      if let unknown = labels.first(where: { set.place(of: $0) == nil }) {
        error = .unknownLabel(image: item.name, label: unknown, labels: set.count)
      } else if let other = labels.first(where: { set.place(of: $0) != set.place(of: label) }) {
        error = .twoLabels(image: item.name, first: label, second: other)
      } else {
        return Item(name: item.name, url: item.url, truth: set.place(of: label))
      }
      guard keepGoing else { throw error }
      skipped.append(SkippedItem(id: item.name, reason: error.description))
      return nil
    }
  }

  /// The model's own factor, where its checkpoint has a trained one.
  private static func scale(of embedder: CLIPEmbedder) -> Double {
    let own = exp(Double(embedder.checkpoint.logitScale))
    return own.isFinite && own > 1 ? own : 100
  }
}
