import ArgumentParser
import CaptionMetrics
import Evaluation
import Files
import Foundation

/// `plumb evaluate composition`.
struct EvaluateComposition: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "composition",
    abstract: "Evaluate compositionality on SugarCrepe and ARO: true captions against hard negatives.",
    discussion: """
        plumb evaluate composition sugar-crepe/data --images val2017
        plumb evaluate composition ARO --images ARO/images --model openai/clip-vit-base-patch32 --json
        plumb evaluate composition swap_att.json --images val2017 --model openai/clip-vit-base-patch32 --keep-going

      Takes SugarCrepe's seven files, ARO's visual_genome_relation.json and visual_genome_attribution.json (whose images \
      are cropped to the box of each case), or folders of them. A tie counts as wrong. The mean is over groups: \
      SugarCrepe's seven, the relations that are not symmetric, the pairs of attributes with 25 cases or more.
      """)

  @Argument(help: ArgumentHelp("Files of the benchmarks, or folders of them.", valueName: "sets"))
  var sets: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("Folder of the images.", valueName: "folder"))
  var images: String

  @OptionGroup var model: NamedModel

  @OptionGroup var common: EvaluateOptions

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func run() throws {
    try common.report.check { check in
      check.reads(sets)
      check.readsImages([images])
      check.readsModel(model.name, options.tokenizer)
    }
    let read = try sets.flatMap {
      try CompositionSet.read(inputFile($0), keepGoing: common.keepGoing)
    }
    let embedder = try options.open(model.name)
    var provenance = Provenance(version: plumbVersion)
    provenance.inputs = InputFiles(images: images, others: sets.map { (key: "sets", name: $0) })
    provenance.model = embedder.provenance(named: model.name)
    provenance.warnings = model.warnings(of: embedder)
    let line = ProgressLine()
    defer { line.clear() }
    let composition = Composition(keepGoing: common.keepGoing)
    let results = try read.map { set in
      try composition.result(
        set, images: URL(fileURLWithPath: images, isDirectory: true), embedder: embedder
      ) { line.update("\(set.kind.rawValue) \($0.rawValue)", $1, of: $2) }
    }
    line.clear()
    try common.finish(EvaluationReport(results, provenance: provenance))
  }
}
