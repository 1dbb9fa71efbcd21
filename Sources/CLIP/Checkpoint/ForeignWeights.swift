import Foundation

/// Weights in a format of another framework, and how to get them as something that is read here.
struct ForeignWeights: Equatable {
  /// In words that follow "is".
  let what: String
  /// What to do, as a clause.
  let remedy: String

  private static let original = "use the safetensors or PyTorch weights that it was made from"

  /// Tells a file by its first bytes, and where these say nothing by its name; nil where it may be anything.
  init?(_ bytes: UnsafeRawBufferPointer, name: String) {
    func begins(_ start: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: start) }
    let suffix = (name as NSString).pathExtension.lowercased()
    if bytes.isEmpty {
      self.init(what: "an empty file", remedy: "fetch it again")
    } else if let placeholder = PlaceholderFile(bytes) {
      self.init(what: placeholder.what, remedy: placeholder.remedy)
    } else if begins(Array("GGUF".utf8)) {
      self.init(what: "a GGUF file of llama.cpp", remedy: Self.original)
    } else if begins([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self.init(
        what: "an HDF5 file, TensorFlow's weights", remedy: Self.conversion(from: "tf", with: "TensorFlow"))
    } else if begins(Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) })) {
      self.init(what: "a NumPy array", remedy: "name the weights of a CLIP checkpoint")
    } else if begins(Array("TFL3".utf8), at: 4) {
      self.init(what: "a TensorFlow Lite model", remedy: Self.original)
    } else if begins([0x37, 0x7A, 0xBC, 0xAF]) || begins([0x1F, 0x8B]) || begins(Array("ustar".utf8), at: 257)
    {
      self.init(what: "a compressed archive", remedy: "unpack it and name the weights in it")
    } else if begins([0x80]), suffix != "msgpack" {
      self.init(
        what: "a pickle that torch.save did not write",
        remedy: "save its tensors in Python with torch.save, or as safetensors")
    } else if suffix == "onnx" || Self.isONNX(bytes) {
      self.init(what: "an ONNX model", remedy: Self.original)
    } else if suffix == "msgpack" || Self.isFlax(bytes) {
      self.init(what: "a msgpack file, Flax's weights", remedy: Self.conversion(from: "flax", with: "Flax"))
    } else if suffix == "pb" || suffix == "xml" || suffix == "engine" || suffix == "mlmodel" {
      self.init(what: "a model of another framework (.\(suffix))", remedy: Self.original)
    } else if let message = Self.message(bytes) {
      self.init(what: "a text that says \"\(message)\"", remedy: "fetch the file again")
    } else {
      return nil
    }
  }

  private init(what: String, remedy: String) {
    self.what = what
    self.remedy = remedy
  }

  /// transformers 4 reads these formats, 5 does not any more.
  private static func conversion(from: String, with framework: String) -> String {
    "use the repository's safetensors or PyTorch weights, or convert the folder in Python with transformers 4 and "
      + "\(framework): CLIPModel.from_pretrained(FOLDER, from_\(from)=True).save_pretrained(NEW_FOLDER)"
  }

  /// Protocol buffers of ONNX begin with field 1, the version of the format, and field 2, the producer's name.
  private static func isONNX(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count > 16 && bytes[0] == 0x08 && bytes[1] < 0x20 && bytes[2] == 0x12 && bytes[3] < 0x40
  }

  /// A map with a string for its first key.
  private static func isFlax(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count > 4 else { return false }
    let key =
      switch bytes[0] {
      case 0x81...0x8F: bytes[1]
      case 0xDE: bytes[3]
      default: UInt8(0)
      }
    return (0xA1...0xBF).contains(key) || (0xD9...0xDB).contains(key)
  }

  /// A short file that is all text: what a server answered.
  private static func message(_ bytes: UnsafeRawBufferPointer) -> String? {
    guard bytes.count <= 1_000, bytes.allSatisfy({ $0 >= 32 || [9, 10, 13].contains($0) }),
      let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    let line = text.split(whereSeparator: \.isNewline).first ?? ""
    return String(line.prefix(80))
  }

  /// Names of files that hold weights of other frameworks, for a folder that has nothing else.
  static func isName(_ name: String) -> Bool {
    ["gguf", "onnx", "h5", "hdf5", "msgpack", "tflite", "pb"].contains(
      (name as NSString).pathExtension.lowercased())
  }
}
