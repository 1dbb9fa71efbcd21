import Foundation
import CLIP
extension Checkpoint {
  static func open(at folder: URL) throws -> Checkpoint {
    let data = NSData(contentsOfFile: folder.appendingPathComponent("model.safetensors").path)!
    let n = Int(data.bytes.load(as: UInt64.self))
    let h = try JSONSerialization.jsonObject(with: Data(bytes: data.bytes + 8, count: n)) as! [String: Any]
    var t: [String: StoredTensor] = [:]
    final class Owner: @unchecked Sendable { let d: NSData; init(_ d: NSData) { self.d = d } }
    let o = Owner(data)
    for (k, v) in h {
      guard let v = v as? [String: Any], let off = v["data_offsets"] as? [Int] else { continue }
      t[k] = StoredTensor(
        shape: v["shape"] as! [Int], type: StorageType(rawValue: v["dtype"] as! String) ?? .float32,
        bytes: UnsafeRawBufferPointer(start: data.bytes + 8 + n + off[0], count: off[1] - off[0]), owner: o)
    }
    let act: Activation = .quickGELU
    return Checkpoint(
      configuration: .init(
        vision: .init(
          transformer: .init(width: 768, layers: 12, heads: 12, mlpWidth: 3072, activation: act),
          imageSize: 224, patchSize: 32),
        text: .init(
          transformer: .init(width: 512, layers: 12, heads: 8, mlpWidth: 2048, activation: act),
          vocabularySize: 49408, contextLength: 77, endOfText: .firstID(49407)), embeddingWidth: 512),
      tensors: t)
  }
}
extension PixelNormalization {
  static var clipTable: PixelNormalization {
    let m: [Float] = [0.48145466, 0.4578275, 0.40821073], s: [Float] = [0.26862954, 0.26130258, 0.27577711]
    return PixelNormalization(table: (0..<768).map { (Float($0 % 256) / 255 - m[$0 / 256]) / s[$0 / 256] })
  }
}
