import ArgumentParser
import CLIP
import Files
import Foundation

/// `plumb model convert`.
struct ModelConvert: ParsableCommand {
  /// How the numbers are stored.
  enum Storage: String, ExpressibleByArgument, CaseIterable {
    case f32
    case f16
    case bf16

    var type: StorageType {
      switch self {
      case .f32: .float32
      case .f16: .float16
      case .bf16: .bfloat16
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a checkpoint as one folder in the Hugging Face layout.",
    discussion: """
        plumb model convert ViT-B-32.pt vit-b-32 --storage f16
        plumb model convert mini mini-f32

      The folder must be new or empty; it appears whole or not at all.
      """)

  @Argument(help: "A folder, a file, or owner/name from the Hugging Face cache.")
  var model: String

  @Argument(help: ArgumentHelp("The folder to write.", valueName: "out"))
  var output: String

  @Option(help: "How the numbers are stored.")
  var storage = Storage.f32

  @Option(help: "The activation of a checkpoint that comes without a configuration.")
  var activation: Activation?

  func run() throws {
    let folder = URL(fileURLWithPath: output, isDirectory: true)
    var check = OutputCheck()
    check.readsModel(model)
    check.replaceFolder(folder)
    try check.validate()
    try CheckpointWriter.validate(output: folder)
    let checkpoint = try Checkpoint.open(at: ModelLocator.resolve(model), activation: activation)
    let report = try CheckpointWriter.write(checkpoint, to: folder, storage: storage.type)
    Output.note(checkpoint.warnings + report.warnings)
    let files = report.files.joined(separator: ", ")
    try Output.line("\(output): \(bytes(Double(report.byteCount))) of weights in \(storage); \(files)")
  }
}
