public import ArgumentParser
import CLIP
import CaptionMetrics
import Evaluation
import Files
import Foundation
import Plotting

extension Correlation: ExpressibleByArgument {}

/// `plumb judge`.
struct Judge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how well caption metrics correlate with human judgement.",
    discussion: """
        plumb judge flickr8k-expert --data Flickr8k_text
        plumb judge flickr8k-expert --data Flickr8k_text --images Flicker8k_Dataset \\
          --model openai/clip-vit-base-patch32 --plot agreement.svg
        plumb judge ratings.jsonl --metrics BLEU-4,cider --markdown agreement.md

      The published benchmarks are flickr8k-expert, flickr8k-cf, composite, pascal-50s, foil and thumb (with \
      thumb-precision and thumb-recall), in the files that their authors distribute. A file of your own ratings or preferences has lines like

        {"image": "a.jpg", "candidate": "a cat", "references": ["…"], "rating": 4}
        {"image": "a.jpg", "candidates": ["a cat", "a dog"], "preferred": 1}

      where "preferred" is 1 or 2, the first or the second candidate, or 0 for neither. A line may have an "id", \
      several "ratings" in a list, and a "category" of pairs. Other metrics can be judged too: \
      --items writes the captions that such a metric must score, --scores reads its {"id", "score"} lines.

        plumb judge flickr8k-cf --data Flickr8k_text --items items.jsonl
        plumb judge flickr8k-cf --data Flickr8k_text --scores mine.jsonl --name Mine
      """)

  @Argument(help: ArgumentHelp("Name of a published benchmark, or a .jsonl file.", valueName: "set"))
  var judgements: String

  @Option(help: ArgumentHelp("Folder with the files of a published benchmark.", valueName: "folder"))
  var data: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Folder of the images; may be repeated.", valueName: "folder"))
  var images: [String] = []

  @OptionGroup var model: NamedModel

  @Option(
    help: ArgumentHelp(
      "Metrics separated by commas: \(MetricRegistry.standard.names.joined(separator: ", ")); all (that the inputs "
        + "allow, but refonlyclipscore), or none.", valueName: "list"))
  var metrics = "all"

  @Option(help: "CLIPScore definition.")
  var definition = CLIPScoreDefinition.hessel

  @Option(
    name: .customLong("cider-df"),
    help: ArgumentHelp("CIDEr document frequencies (default: those of the benchmark).", valueName: "file"))
  var df: String?

  @Option(help: ArgumentHelp("Scores of another metric, as JSON lines; may be repeated.", valueName: "file"))
  var scores: [String] = []

  @Option(help: ArgumentHelp("Name of the metric of each --scores.", valueName: "name"))
  var name: [String] = []

  @Option(
    help: ArgumentHelp("Number of references to use, the first ones of each caption.", valueName: "count"))
  var maxReferences: Int?

  @Option(
    help:
      "Correlation coefficient to report first, with its confidence interval (default: the published one).")
  var coefficient: Correlation?

  @Option(help: ArgumentHelp("Number of bootstrap resamples of the images.", valueName: "count"))
  var resamples = 1000

  @Option(help: "Random seed.")
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp("Write the captions to be scored by another metric, as JSON lines.", valueName: "file")
  )
  var items: String?

  @Option(
    help: ArgumentHelp("Write a plot of the metrics with their confidence intervals.", valueName: "file.svg"))
  var plot: String?

  @OptionGroup var form: ReportForm

  @Option(help: ArgumentHelp("Write the table as Markdown.", valueName: "file.md"))
  var markdown: String?

  @Flag(help: "Skip items that are missing or cannot be embedded, list them, and exit with status 2.")
  var keepGoing = false

  @OptionGroup(title: "The model")
  var options: ModelOptions

  private var selection: MetricSelection? {
    get throws { metrics == "none" ? nil : try MetricSelection(metrics) }
  }

  func validate() throws {
    do { _ = try selection } catch { throw ValidationError(sentence(for: error)) }
    guard (0...1_000_000).contains(resamples) else {
      throw ValidationError("--resamples must be from 0 to 1000000.")
    }
    if let maxReferences, maxReferences < 1 { throw ValidationError("--max-references must be 1 or more.") }
    guard name.count <= scores.count else {
      throw ValidationError("--name names the metric of a --scores; give at most one for each.")
    }
  }

  func run() throws {
    try checkOutputs()
    var set = try readSet()
    if let maxReferences { set.limitReferences(to: maxReferences) }
    if let items {
      try set.writeItems(to: outputFile(items))
      if scores.isEmpty { return try Output.line("\(items): \(set.items.count) captions") }
    }
    var provenance = Provenance(version: plumbVersion)
    let chosen = try resolve(set, &provenance)
    let given = try scores.enumerated().map { index, file in
      try GivenScores(
        contentsOf: inputFile(file), name: index < name.count ? name[index] : nil,
        keepGoing: keepGoing)
    }
    var setup = MetricSetup(threads: options.threads)
    setup[DocumentFrequency.self] = try df.map { try DocumentFrequency(contentsOf: inputFile($0)) }

    var embedder: CLIPEmbedder?
    if chosen.contains(where: { $0.needs.contains(.model) }) {
      let opened = try options.open(model.name)
      provenance.model = opened.provenance(named: model.name)
      provenance.warnings += model.warnings(of: opened)
      if !images.isEmpty { provenance.inputs.images = images.joined(separator: ", ") }
      embedder = opened
    }
    setup[CLIPScoreFormula.self] = CLIPScoreFormula(definition, calibration: embedder?.scoreCalibration)
    var evaluation = JudgementEvaluation(metrics: try chosen.map { try $0.open(setup) })
    evaluation.given = given
    evaluation.hiddenValues = try selection?.hiddenValues ?? []
    evaluation.coefficient = coefficient
    evaluation.bootstrap = Bootstrap(seed: seed, resamples: resamples)
    evaluation.keepGoing = keepGoing
    evaluation.threads = options.threads
    let line = ProgressLine()
    defer { line.clear() }
    let report = try evaluation.report(
      on: set, images: images.map { URL(fileURLWithPath: $0) }, embedder: embedder,
      provenance: provenance
    ) { line.update($0.rawValue, $1, of: $2) }
    line.clear()
    if let plot { try AtomicFile.write(report.plot.svg, to: outputFile(plot)) }
    if let markdown { try AtomicFile.write(report.markdown(), to: outputFile(markdown)) }
    try form.finish(report)
  }

  private func checkOutputs() throws {
    var check = OutputCheck()
    check.reads([judgements, data, df] + scores)
    check.readsImages(images)
    check.readsModel(model.name, options.tokenizer)
    check.writes(items, plot, markdown)
    try check.validateAndTryFiles()
    try requirePlotName(plot, "--plot")
  }

  /// A published set where one is named; a file where it looks like one.
  private func readSet() throws -> JudgementSet {
    let isFile =
      FileManager.default.fileExists(atPath: judgements) || judgements.contains(".")
      || judgements.contains("/")
    if isFile, (try? JudgementProtocol(named: judgements)) == nil {
      return try JudgementSet(contentsOf: inputFile(judgements), keepGoing: keepGoing)
    }
    let published = try JudgementProtocol(named: judgements)
    guard let data else { throw ValidationError("\(published.rawValue) needs --data FOLDER with its files.") }
    return try JudgementSet(published, in: URL(fileURLWithPath: data, isDirectory: true))
  }

  private func resolve(_ set: JudgementSet, _ provenance: inout Provenance) throws -> [MetricRegistration] {
    guard let selection = try selection else { return [] }
    let (metrics, note) = try selection.resolve(
      .init(
        references: set.items.contains { !$0.references.isEmpty }, images: !images.isEmpty,
        model: true, referencesOption: "\"references\" in the lines of \(judgements)")
    )
    if let note { provenance.warnings.append(note) }
    return metrics
  }
}
