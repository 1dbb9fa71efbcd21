public import ArgumentParser
import CLIP
import Distillation
import Files
import Foundation

/// `plumb compress`.
struct Compress: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Create a lightweight student of a CLIP model, to be distilled from it.",
    discussion: """
      The student inherits its teacher's weights: layers at an even stride, averaged over the layers that share a block, \
      and the token embedding as its truncated singular value decomposition. It needs training (`plumb distill`).

        plumb compress openai/clip-vit-base-patch32 student --vision-layers 6 --text-layers 4 \
      --weight-sharing 2 --embedding-rank 256

      With --from-scratch the parameters are random, and widths and heads may be chosen. The published student of ViT-B/32:

        plumb compress openai/clip-vit-base-patch32 student --from-scratch --vision-layers 6 --vision-heads 24 \
      --text-layers 4 --text-width 768 --text-heads 12 --weight-sharing 2 --embedding-rank 256

      The output folder must be new or empty, and is written completely or not at all.
      """)

  @Argument(
    help: ArgumentHelp(
      "Teacher model: a folder, a file, or owner/name from the Hugging Face cache.", valueName: "teacher"))
  var model: String

  @Argument(help: ArgumentHelp("Folder to write.", valueName: "out"))
  var output: String

  @Option(
    help: ArgumentHelp("Number of layers of the image tower (default: the teacher's).", valueName: "count"))
  var visionLayers: Int?

  @Option(
    help: ArgumentHelp("Number of layers of the text tower (default: the teacher's).", valueName: "count"))
  var textLayers: Int?

  @Option(
    name: .customLong("weight-sharing"),
    help: ArgumentHelp("Number of consecutive layers that share one block's weights.", valueName: "count"))
  var sharing = 1

  @Flag(
    inversion: .prefixedNo,
    help: "Talking-heads attention: mix attention maps across heads (default: where weights are shared).")
  var talkingHeads: Bool?

  @Option(
    help: ArgumentHelp("Rank of the decomposed token embedding (default: not decomposed).", valueName: "rank")
  )
  var embeddingRank: Int?

  @Option(
    help: "Attention of the text tower (default: the teacher's; full with --from-scratch).")
  var attention: TextAttention?

  @Flag(help: "Initialize parameters at random instead of from the teacher.")
  var fromScratch = false

  @Option(help: ArgumentHelp("Random seed of --from-scratch (default: 0).", valueName: "number"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("Width of the image tower, with --from-scratch.", valueName: "width"))
  var visionWidth: Int?

  @Option(help: ArgumentHelp("Number of heads of the image tower, with --from-scratch.", valueName: "count"))
  var visionHeads: Int?

  @Option(help: ArgumentHelp("Width of the text tower, with --from-scratch.", valueName: "width"))
  var textWidth: Int?

  @Option(help: ArgumentHelp("Number of heads of the text tower, with --from-scratch.", valueName: "count"))
  var textHeads: Int?

  @Option(name: .customLong("dtype"), help: "Data type of the stored weights.")
  var storage = ModelConvert.Storage.f32

  @Option(help: "Activation function of a teacher without a configuration file.")
  var activation: Activation?

  func validate() throws {
    guard seed == nil || fromScratch else {
      throw ValidationError("--seed needs --from-scratch.")
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
    shape.talkingHeads = talkingHeads
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
        line += String(format: " keeps %.2f %% of the variance", 100 * kept)
      }
      rows.append(("token embed.", line))
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
    guard after.layers > 0 else { return "convolutional, as the teacher's" }
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
