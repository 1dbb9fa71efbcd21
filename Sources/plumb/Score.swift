import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
import Files
import Foundation

/// `plumb score`.
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Score captions against reference captions (BLEU, METEOR, ROUGE-L, CIDEr) and images (CLIPScore).",
    discussion: """
        plumb score captions.json --references references.json
        plumb score captions.json --images photos
        plumb score captions.json --images photos --model openai/clip-vit-base-patch32
        plumb score captions.csv -r references.csv --metrics bleu,cider --json

        plumb score captions.tsv --column 2 --id-column 1 -r dataset_coco.json --split test
        plumb score before.json after.json -r references.json --latex table.tex --plot difference.svg

      Files may be {id: caption} and {id: [captions]}, COCO results and annotations, Karpathy's dataset_*.json, TextCaps, \
      JSON lines, CSV and TSV, or Flickr's token files (name.jpg#0, a tab, the caption), each also gzipped. The format is \
      recognized from the content. Missing captions (empty cells, null, NaN) are an error, or skipped and listed with \
      --keep-going; a caption that one metric cannot score is skipped for all. - is standard input.

      The image of an id is found by file name, by stem, by COCO's numbering, or by the name in the reference file; in \
      the folder, its subfolders, and .tar archives in it (img2dataset, webdataset). References of all splits are used, \
      since ids choose among them, unless --split names some.

      Several files are systems that caption the same images. They are compared with the first one, the baseline: differences \
      with 95 % intervals (paired bootstrap), p-values (approximate randomization; for BLEU those of SacreBLEU), and how many captions are better \
      and worse; as a table, as --json, and for a paper in files (--markdown, --latex, --csv, --plot).

        plumb score --shards 'data/{00000..00099}.tar' --output scores
        plumb score --shards 'data/{00000..00099}.tar' --shard 3/8 --output scores

      With --shards, images are scored with the captions beside them in .tar archives, by CLIPScore: a folder of outputs a \
      shard, scores/00000, with the rows of its pairs, which appears whole and once. The command may be stopped at any moment, \
      and goes on when it is given again.
      """)

  @Argument(
    help: "Captions to score, one for each id; several files are systems, which are compared with the first.")
  var candidates: [String] = []

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Reference captions, any number for each id.", valueName: "file"))
  var references: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Folder or .tar archive of the images.", valueName: "folder"))
  var images: String?

  @OptionGroup var model: NamedModel

  @Option(
    help: ArgumentHelp(
      "Metrics separated by commas: \(MetricRegistry.standard.names.joined(separator: ", ")); or all (that the inputs allow, but refonlyclipscore).",
      valueName: "list"))
  var metrics = "all"

  @Option(help: "CLIPScore definition.")
  var definition = CLIPScoreDefinition.hessel

  @Option(
    name: .customLong("cider-df"),
    help: ArgumentHelp("CIDEr document frequencies, made by plumb cider-df.", valueName: "file"))
  var df: String?

  @OptionGroup var form: ReportForm

  @Option(
    help: ArgumentHelp(
      "Write each caption's scores as JSON lines; of several systems, each image's with a value a system.",
      valueName: "file"))
  var perCaption: String?

  @Flag(help: "Skip captions that cannot be scored, list them, and exit with status 2.")
  var keepGoing = false

  @OptionGroup(title: "Several systems")
  var systems: SystemOptions

  @OptionGroup(title: "Columns")
  var columns: ScoreColumns

  @OptionGroup(title: "Shards")
  var shards: ShardOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Folder to write the scores of shards to.", valueName: "folder"))
  var output: String?

  @OptionGroup(title: "The model")
  var options: ModelOptions

  var selection: MetricSelection {
    get throws { try MetricSelection(metrics) }
  }

  func validate() throws {
    try validateShards()
    if candidates.isEmpty, !shards.areGiven {
      throw ValidationError("Missing expected argument '<candidates>'")
    }
    try validateSystems()
    do { _ = try selection } catch { throw ValidationError(sentence(for: error)) }
  }

  func run() throws {
    if shards.areGiven { return try runShards() }
    try checkOutputs()
    var provenance = Provenance(version: plumbVersion)
    provenance.inputs = InputFiles(references: references)
    let references = try references.map { try TextFile(contentsOf: inputFile($0)) }
    var datasets = try candidates.map { try dataset($0, references) }
    let (metrics, embedder) = try open(&datasets, provenance: &provenance)
    if candidates.count > 1 { return try compare(datasets, metrics, embedder, provenance) }
    guard let dataset = datasets.first else { return }
    provenance.inputs.candidates = candidates.first
    var evaluation = CaptionEvaluation(metrics: metrics)
    evaluation.keepGoing = keepGoing
    evaluation.hiddenValues = try selection.hiddenValues
    evaluation.threads = options.threads
    let line = ProgressLine()
    defer { line.clear() }
    let report = try evaluation.report(on: dataset, embedder: embedder, provenance: provenance) {
      line.update($0.rawValue, $1, of: $2)
    }
    line.clear()
    if let perCaption { try report.writeLines(to: outputFile(perCaption)) }
    try form.finish(report)
  }

  private func checkOutputs() throws {
    var check = OutputCheck()
    check.reads(candidates + [references, df])
    check.readsImages([images])
    check.readsModel(model.name, options.tokenizer)
    check.writes([perCaption] + systems.outputs)
    try check.validateAndTryFiles()
    try requirePlotName(systems.plot, "--plot")
  }

  /// Reads a file of captions.
  private func dataset(_ file: String, _ references: TextFile?) throws -> CaptionDataset {
    try CaptionDataset(
      candidates: TextFile(contentsOf: inputFile(file)), references: references,
      selection: columns.candidates(hasReferences: references != nil), referenceSelection: columns.references,
      keepGoing: keepGoing)
  }

  /// Opens the metrics that the captions allow, and what they need.
  private func open(
    _ datasets: inout [CaptionDataset], provenance: inout Provenance
  ) throws -> (metrics: [any CaptionMetric], embedder: CLIPEmbedder?) {
    let hasReferences = datasets.allSatisfy { $0.items.contains { !$0.references.isEmpty } }
    let (chosen, note) = try selection.resolve(
      .init(references: hasReferences, images: images != nil, model: true))
    provenance.warnings = note.map { [$0] } ?? []
    if chosen.contains(where: { $0.needs.contains(.references) }) {
      for index in datasets.indices { try datasets[index].requireReferences(keepGoing: keepGoing) }
    }
    var setup = MetricSetup(threads: options.threads)
    setup[DocumentFrequency.self] = try df.map { try DocumentFrequency(contentsOf: inputFile($0)) }
    let embedder = try embedder(for: chosen, &datasets, provenance: &provenance)
    setup[CLIPScoreFormula.self] = CLIPScoreFormula(definition, calibration: embedder?.scoreCalibration)
    return (try chosen.map { try $0.open(setup) }, embedder)
  }

  /// Finds the images and opens the model, where the metrics need them.
  private func embedder(
    for metrics: [MetricRegistration], _ datasets: inout [CaptionDataset], provenance: inout Provenance
  ) throws -> CLIPEmbedder? {
    guard metrics.contains(where: { $0.needs.contains(.model) }) else { return nil }
    if let images, metrics.contains(where: { $0.needs.contains(.images) }) {
      provenance.inputs.images = images
      for index in datasets.indices {
        try datasets[index].findImages(in: URL(fileURLWithPath: images), keepGoing: keepGoing)
      }
    }
    let embedder = try options.open(model.name)
    provenance.model = embedder.provenance(named: model.name)
    provenance.warnings += model.warnings(of: embedder)
    return embedder
  }
}

/// The columns of captions and of references.
struct ScoreColumns: ParsableArguments {
  @OptionGroup var captions: CaptionOptions

  @Option(
    help: ArgumentHelp(
      "Name or number of the caption column in --references, or the JSON key.", valueName: "name"))
  var referenceColumn: String?

  @Option(
    help: ArgumentHelp("Name or number of the id column in --references, or the JSON key.", valueName: "name")
  )
  var referenceIdColumn: String?

  /// Whether none is given.
  var isEmpty: Bool {
    [captions.column, captions.idColumn, referenceColumn, referenceIdColumn].allSatisfy { $0 == nil }
      && captions.split == nil
  }

  /// What is read of the captions; splits are those of the references, where they have a file.
  func candidates(hasReferences: Bool) -> CaptionSelection {
    var selection = captions.selection
    if hasReferences { selection.splits = nil }
    return selection
  }

  /// What is read of the references.
  var references: CaptionSelection {
    var selection = CaptionSelection(
      column: referenceColumn, idColumn: referenceIdColumn, splits: captions.split?.names)
    (selection.columnOption, selection.idColumnOption) = ("--reference-column", "--reference-id-column")
    return selection
  }
}
