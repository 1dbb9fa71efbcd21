import CLIP
import Foundation

/// Makes safetensors files, true ones and lying ones.
enum SafetensorsBytes {
  /// A file with a header as given, whatever it says.
  static func file(header: String, data: Data = Data(), length: UInt64? = nil) -> Data {
    var bytes = Data()
    withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: header.utf8)
    bytes.append(data)
    return bytes
  }

  /// A true file of float32 tensors.
  static func file(_ tensors: [(name: String, shape: [Int], values: [Float])]) -> Data {
    var entries: [String] = []
    var data = Data()
    for tensor in tensors {
      let start = data.count
      for value in tensor.values {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
      }
      entries.append(
        "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),\"data_offsets\":[\(start),\(data.count)]}"
      )
    }
    return file(header: "{\(entries.joined(separator: ","))}", data: data)
  }
}

/// A very small model whose weights are a simple function of their place.
enum TinyModel {
  static let configuration = """
    {"model_type": "clip", "projection_dim": 4,
     "text_config": {"vocab_size": 10, "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1,
       "num_attention_heads": 2, "max_position_embeddings": 6, "eos_token_id": 9, "projection_dim": 512},
     "vision_config": {"hidden_size": 12, "intermediate_size": 24, "num_hidden_layers": 2,
       "num_attention_heads": 3, "image_size": 8, "patch_size": 4, "projection_dim": 512}}
    """

  static func tensors(_ configuration: CLIPConfiguration) -> [(name: String, shape: [Int], values: [Float])] {
    configuration.parameterShapes.map { name, shape in
      let count = shape.reduce(1, *)
      return (name, shape, (0..<count).map { Float($0 % 7) / 8 })
    }
  }

  /// Writes a Hugging Face folder, letting `change` spoil the tensors first.
  static func write(
    to folder: URL, configuration text: String = configuration,
    change: (inout [(name: String, shape: [Int], values: [Float])]) -> Void = { _ in }
  ) throws {
    let shape = CLIPConfiguration(
      vision: VisionConfiguration(
        transformer: TransformerConfiguration(
          width: 12, layers: 2, heads: 3, mlpWidth: 24, activation: .quickGELU), imageSize: 8, patchSize: 4),
      text: TextConfiguration(
        transformer: TransformerConfiguration(
          width: 8, layers: 1, heads: 2, mlpWidth: 16, activation: .quickGELU), vocabularySize: 10,
        contextLength: 6, endOfText: .firstID(9)), embeddingWidth: 4)
    var tensors = tensors(shape)
    change(&tensors)
    try Data(text.utf8).write(to: folder.appendingPathComponent("config.json"))
    try SafetensorsBytes.file(tensors).write(to: folder.appendingPathComponent("model.safetensors"))
  }
}
