import ArgumentParser
import CLIP
import CaptionMetrics
import Evaluation
import Explanation
import Files
import Foundation

/// `plumb evaluate words`.
struct EvaluateWords: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "words",
    abstract: "Evaluate how well plumb explain finds the wrong word of a caption.",
    discussion: """
        plumb evaluate words test.token.txt --images Flicker8k_Dataset
        plumb evaluate words foilv1.0_test_2017.json --images val2014
        plumb evaluate words captions.json --images photos --model openai/clip-vit-base-patch32 --json

      FOIL's file is recognized: its foils are the wrong words, among captions that are known to be foiled. Of any other \
      caption file, one noun of one caption of each image is swapped at random for another of its kind, of which no caption of \
      that image speaks. The report tells how often the wrong word has the least support, and the threshold below which 5 % of \
      the words of the true captions are.
      """)

  @Argument(help: "Caption file, or FOIL's file of annotations.")
  var captions: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Folder of the images.", valueName: "folder"))
  var images: String

  @Option(help: "Random seed of the swaps.")
  var seed: UInt64 = 0

  @OptionGroup var words: WordOptions

  @OptionGroup var model: NamedModel

  @Option(help: "CLIPScore definition.")
  var definition = CLIPScoreDefinition.hessel

  @OptionGroup(title: "Columns")
  var columns: CaptionOptions

  @OptionGroup var common: EvaluateOptions

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func run() throws {
    try common.report.check { check in
      check.reads(captions, words.alternatives)
      check.readsImages([images])
      check.readsModel(model.name, options.tokenizer)
    }
    var set = try LocalizationSet(
      contentsOf: inputFile(captions), images: URL(fileURLWithPath: images, isDirectory: true),
      selection: columns.selection, kinds: words.kinds(), seed: seed, keepGoing: common.keepGoing)
    let embedder = try options.open(model.name)
    let explainer = try words.explainer(embedder, definition)
    let line = ProgressLine()
    defer { line.clear() }
    let localization = try explainer.localization(
      of: &set, threshold: words.threshold, keepGoing: common.keepGoing
    ) { line.update("captions", $0, of: $1) }
    line.clear()
    var provenance = Provenance(version: plumbVersion)
    provenance.inputs = InputFiles(images: images, others: [(key: "captions", name: captions)])
    provenance.model = embedder.provenance(named: model.name)
    provenance.warnings = model.warnings(of: embedder)
    provenance.skipped = set.skipped
    let title =
      set.isFOIL
      ? "Finding the foil word in \(captions)"
      : "Finding a swapped noun in captions of \(captions), seed \(seed)"
    try common.finish(localization.report(title: title, provenance: provenance))
  }
}
