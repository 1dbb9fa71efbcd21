import ArgumentParser
import CLIP
import Captioning
import Files
import Foundation

/// `plumb model convert`.
struct ModelConvert: ParsableCommand {
  /// The data type of stored weights.
  enum Storage: String, ExpressibleByArgument, CaseIterable {
    case f32
    case f16
    case bf16
    case int8

    /// The type of all numbers but those that are rounded to bytes.
    var type: StorageType {
      switch self {
      case .f32: .float32
      case .f16, .int8: .float16
      case .bf16: .bfloat16
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert a checkpoint to a folder in the Hugging Face layout.",
    discussion: """
        plumb model convert ViT-B-32.pt vit-b-32 --dtype f16
        plumb model convert mini mini-f32
        plumb model convert work/captioner/model small-captioner --dtype bf16
        plumb model convert mini mini-int8 --dtype int8

      int8 rounds each row of a matrix to bytes with a scale: a quarter of f32, for Plumb alone; the other types are read by transformers, too.

      A captioner stays a captioner. The output folder must be new or empty, and is written completely or not at all.
      """)

  @Argument(help: "Model: a folder, a file, or owner/name from the Hugging Face cache.")
  var model: String

  @Argument(help: ArgumentHelp("Folder to write.", valueName: "out"))
  var output: String

  @Option(name: .customLong("dtype"), help: "Data type of the stored weights.")
  var storage = Storage.f32

  @Option(help: "Activation function of a checkpoint without a configuration file.")
  var activation: Activation?

  func run() throws {
    let folder = URL(fileURLWithPath: output, isDirectory: true)
    var check = OutputCheck()
    check.readsModel(model)
    check.replaceFolder(folder)
    try check.validate()
    try CheckpointWriter.validate(output: folder)
    let place = try ModelLocator.resolve(model)
    if CaptionerCheckpoint.isCaptioner(at: place) {
      let captioner = try CaptionerCheckpoint(contentsOf: place)
      try captioner.write(to: folder, storage: storage.type, roundsRows: storage == .int8)
      let count = captioner.configuration.parameterCount
      return try Output.line("\(output): a captioner of \(count) parameters in \(storage)")
    }
    let checkpoint = try Checkpoint.open(at: place, activation: activation)
    let report = try CheckpointWriter.write(
      checkpoint, to: folder, storage: storage.type, roundsRows: storage == .int8)
    Output.note(checkpoint.warnings + report.warnings)
    let files = report.files.joined(separator: ", ")
    try Output.line("\(output): \(bytes(Double(report.byteCount))) of weights in \(storage); \(files)")
  }
}
