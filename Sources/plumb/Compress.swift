public import ArgumentParser
import CLIP
import Distillation
import Files
import Foundation

/// `plumb compress`.
struct Compress: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a smaller student of a CLIP, to be trained on its teacher's embeddings.",
    discussion: """
      The student starts from its teacher: layers at an even stride, averaged over the layers that share a block, and \
      the token table as the nearest product of two narrow matrices. It needs training before it is of use.

        plumb compress openai/clip-vit-base-patch32 student --vision-layers 6 --text-layers 4 --sharing 2 --embedding-rank 256

      From scratch its parameters are random, and widths and heads may be chosen. The published start for ViT-B/32:

        plumb compress openai/clip-vit-base-patch32 student --from-scratch --vision-layers 6 --vision-heads 24 \
      --text-layers 4 --text-width 768 --text-heads 12 --sharing 2 --embedding-rank 256

      The folder must be new or empty; it appears whole or not at all.
      """)

  @Argument(help: ArgumentHelp("The teacher: a folder, a file, or owner/name.", valueName: "teacher"))
  var model: String

  @Argument(help: ArgumentHelp("The folder to write.", valueName: "out"))
  var output: String

  @Option(help: ArgumentHelp("The layers of the image tower; the teacher's by default.", valueName: "count"))
  var visionLayers: Int?

  @Option(help: ArgumentHelp("The layers of the text tower; the teacher's by default.", valueName: "count"))
  var textLayers: Int?

  @Option(help: ArgumentHelp("How many layers in a row use one block.", valueName: "count"))
  var sharing = 1

  @Flag(
    inversion: .prefixedNo,
    help: "Mix attention across the heads in each layer; by default where blocks are shared.")
  var headMixing: Bool?

  @Option(help: ArgumentHelp("The rank of the token table; a whole table by default.", valueName: "rank"))
  var embeddingRank: Int?

  @Option(
    help: "Which tokens of a text a token sees: causal or full; the teacher's by default, full from scratch.")
  var attention: TextAttention?

  @Flag(help: "Start from random parameters, not from the teacher's.")
  var fromScratch = false

  @Option(help: ArgumentHelp("What random parameters follow from; 0 by default.", valueName: "number"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("The width of the image tower, from scratch.", valueName: "numbers"))
  var visionWidth: Int?

  @Option(help: ArgumentHelp("The heads of the image tower, from scratch.", valueName: "count"))
  var visionHeads: Int?

  @Option(help: ArgumentHelp("The width of the text tower, from scratch.", valueName: "numbers"))
  var textWidth: Int?

  @Option(help: ArgumentHelp("The heads of the text tower, from scratch.", valueName: "count"))
  var textHeads: Int?

  @Option(help: "How the numbers are stored.")
  var storage = ModelConvert.Storage.f32

  @Option(help: "The activation of a teacher that comes without a configuration.")
  var activation: Activation?

  func validate() throws {
    guard seed == nil || fromScratch else {
      throw ValidationError("--seed is about random parameters; add --from-scratch.")
    }
  }

  func run() throws {
    let folder = URL(fileURLWithPath: output, isDirectory: true)
    var check = OutputCheck()
    check.readsModel(model)
    check.replaceFolder(folder)
    try check.validate()
    try CheckpointWriter.validate(output: folder)
    let teacher = try Checkpoint.open(at: ModelLocator.resolve(model), activation: activation)
    let student = try student(of: teacher)
    let report = try CheckpointWriter.write(student.checkpoint, to: folder, storage: storage.type)
    Output.note(teacher.warnings + report.warnings)
    try Output.line(summary(student, teacher, byteCount: report.byteCount))
  }

  private func student(of teacher: Checkpoint) throws -> Student {
    var shape = StudentShape()
    shape.visionLayers = visionLayers
    shape.textLayers = textLayers
    shape.sharing = sharing
    shape.talkingHeads = headMixing
    shape.embeddingRank = embeddingRank
    shape.attention = attention
    shape.visionWidth = visionWidth
    shape.visionHeads = visionHeads
    shape.textWidth = textWidth
    shape.textHeads = textHeads
    try teacher.validateFinite()
    if fromScratch { return try Student(fromScratchBeside: teacher, shape: shape, seed: seed ?? 0) }
    return try Student(inheritingFrom: teacher, shape: shape)
  }

  private func summary(_ student: Student, _ teacher: Checkpoint, byteCount: Int) -> String {
    let (before, after) = (teacher.configuration, student.checkpoint.configuration)
    var rows = [
      ("image tower", tower(student.visionLayers, before.vision.transformer, after.vision.transformer)),
      ("text tower", tower(student.textLayers, before.text.transformer, after.text.transformer)),
    ]
    if let rank = after.text.embeddingRank {
      let width = after.text.transformer.width
      var line = "rank \(rank) of \(width)"
      if let kept = student.retainedEnergy {
        line += String(format: " keeps %.2f %% of its energy", 100 * kept)
      }
      rows.append(("token table", line))
    }
    let share = Double(student.checkpoint.parameterCount) / Double(max(1, teacher.parameterCount))
    rows.append(
      (
        "parameters",
        "\(grouped(teacher.parameterCount)) → \(grouped(student.checkpoint.parameterCount)) "
          + String(format: "(%.1f %%)", 100 * share)
      ))
    rows.append(
      ("weights", "\(bytes(Double(teacher.byteCount))) → \(bytes(Double(byteCount))) in \(storage)"))
    return
      (["\(output): a student of \(model)\(fromScratch ? ", from scratch" : "")"]
      + rows.map { "  \($0.0.padding(toLength: 12, withPad: " ", startingAt: 0)) \($0.1)" })
      .joined(separator: "\n")
  }

  private func tower(
    _ inherited: [Int], _ before: TransformerConfiguration, _ after: TransformerConfiguration
  ) -> String {
    var line = "\(after.layers) layers of width \(after.width)"
    if after.sharing > 1 { line += " (\(after.blocks) blocks, each used \(after.sharing) times)" }
    if !inherited.isEmpty, after.layers < before.layers {
      // People count from 1.
      let numbers = inherited.map { String($0 + 1) }.joined(separator: ", ")
      line += ", from the teacher's \(numbers) of \(before.layers)"
    }
    return line
  }
}

extension TextAttention: ExpressibleByArgument {}
