import ArgumentParser
import CLIP
import CaptionData
import Captioning
import Files
import Foundation
import JSON
import Training

/// `plumb caption grammar`.
struct CaptionGrammar: TrainingCommand {
  static let configuration = CommandConfiguration(
    commandName: "grammar",
    abstract: "Train the grammar reward: it tells captions from damaged ones.",
    discussion: """
        plumb caption grammar captions.txt --output grammar.safetensors

      Words of the captions are repeated, dropped, inserted, swapped or shuffled, and two layers on the text embedding of the \
      model, with the text tower below them, learn to tell the damaged captions. A recipe of plumb caption tune takes the file as grammar_head, for \
      rewards such as "2*lclip + 1*grammar"; its reward_model must be the same model. Needs `plumb torch setup` once.
      """)

  @Argument(help: "Captions, in any layout that plumb paraphrase reads.")
  var captions: String

  @OptionGroup(title: "Columns")
  var columns: CaptionOptions

  @Flag(help: "Skip captions that are missing or cannot be read, list them, and exit with status 2.")
  var keepGoing = false

  @OptionGroup var model: NamedModel

  @Option(name: .shortAndLong, help: ArgumentHelp("File to write (.safetensors).", valueName: "file"))
  var output: String

  @Option(help: ArgumentHelp("Width of the hidden layer.", valueName: "count"))
  var width = 256

  @Option(
    help: ArgumentHelp(
      "Steps, each of \(GrammarTraining.batchSize) captions and as many damaged ones.", valueName: "count"))
  var steps = 600

  @Option(help: "Random seed.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Number of CPU threads (default: all cores).", valueName: "count"))
  var threads: Int?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (1...65_536).contains(width) else { throw ValidationError("--width must be from 1 to 65536.") }
    guard (1...1_000_000).contains(steps) else { throw ValidationError("--steps must be from 1 to 1000000.") }
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
  }

  func run() throws {
    var check = OutputCheck()
    check.reads(captions)
    check.readsModel(model.name)
    check.write(URL(fileURLWithPath: output))
    try check.validateAndTryFiles()
    let list = try CaptionList(
      contentsOf: inputFile(captions), selection: columns.selection, keepGoing: keepGoing)
    let embedder = try CLIPEmbedder(
      opening: ModelLocator.resolve(model.name), options: CLIPEmbedder.Options(threads: threads))
    Output.note(model.warnings(of: embedder))
    var training = GrammarTraining(embedder: embedder)
    training.width = width
    training.seed = seed
    training.steps = steps
    let line = ProgressLine(isLogged: true)
    let result = try training.train(
      on: list.texts, torch: Torch(threads: threads), to: URL(fileURLWithPath: output)
    ) { line.update($0, $1, of: $2) }
    line.clear()
    if json {
      let document: JSONValue = [
        "output": .string(output), "accuracy": .number(result.accuracy),
        "captions": .integer(result.captions),
        "model": embedder.provenance(named: model.name).json,
      ]
      try Output.line(document.text(isIndented: true))
    } else {
      let share = String(format: "%.1f", 100 * result.accuracy)
      try Output.line(
        "\(output): \(share) % of held-out captions and damaged captions are told apart rightly")
    }
    try Output.end(skipped: list.skipped)
  }
}
