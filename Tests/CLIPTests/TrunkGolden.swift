import CLIP
import Foundation
import ModelSupport
import TestSupport

/// What open_clip computes with a trunk of timm; see `Fixtures/make_trunks.py`.
struct TrunkGolden: Decodable {
  var shapes: [String: [Int]]
  var token_ids: [[Int32]]
  var image_embeddings: [[Double]]
  var text_embeddings: [[Double]]
  var map: [Double]?

  static let cases = ["lite0", "lite1", "lite2", "lite3", "lite4"]

  /// Transformers on a trunk's map.
  static let hybrids = ["hybrid", "hybrid-head"]

  /// Where a golden is.
  static func file(_ name: String) -> URL {
    TestData.fixtures().appendingPathComponent("trunk/\(name)")
  }

  /// Reads a golden.
  init(_ name: String) throws {
    self = try JSONDecoder().decode(TrunkGolden.self, from: Data(contentsOf: Self.file("\(name).json")))
  }

  /// Reads a golden, and writes the folder that its peer would have written.
  static func open(_ name: String, in folder: URL) throws -> (golden: TrunkGolden, checkpoint: Checkpoint) {
    let data = try Data(contentsOf: file("\(name).json"))
    let golden = try TrunkGolden(name)
    let isOurs = hybrids.contains(name)
    if isOurs {
      let whole = try JSONSerialization.jsonObject(with: data) as? [String: Any]
      try JSONSerialization.data(withJSONObject: whole?["config"] ?? [:]).write(
        to: folder.appendingPathComponent("config.json"))
    } else {
      // The golden has open_clip's `model_cfg` beside other keys.
      try data.write(to: folder.appendingPathComponent("open_clip_config.json"))
    }
    let weights = folder.appendingPathComponent(isOurs ? "model.safetensors" : "open_clip_model.safetensors")
    _ = try SafetensorsWriter(storage: .float32).write(golden.tensors(), to: weights)
    return (golden, try Checkpoint.open(at: folder))
  }

  /// The tensors of the peer's file.
  func tensors() -> [String: StoredTensor] {
    shapes.reduce(into: [:]) { tensors, entry in
      tensors[entry.key] = StoredTensor(
        shape: entry.value, floats: TrunkModel.values(entry.key, entry.value))
    }
  }
}
