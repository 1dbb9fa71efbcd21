import Files
import Foundation

extension Checkpoint {
  /// A short mark that tells models apart, for the provenance of every result; 16 hexadecimal digits.
  ///
  /// It is the start of a SHA-256 over the architecture and, for each parameter by name, its shape, its type and 4
  /// runs of 256 bytes spread over it. That takes a few milliseconds and does not depend on the layout: a file and its
  /// conversion without loss have the same mark. It is no proof that two models are equal to the last bit;
  /// ``sha256()`` is.
  public func fingerprint() -> String {
    var hash = SHA256()
    func add(_ text: String) { Array("\(text)\n".utf8).withUnsafeBytes { hash.update($0) } }
    for tower in [configuration.vision.transformer, configuration.text.transformer] {
      add("\(tower.heads) \(tower.activation.rawValue) \(tower.layerNormEpsilon)")
    }
    if !configuration.isPlain {
      // The rest of what makes a CLIP lightweight shows in the names and the shapes.
      add("\(configuration.vision.transformer.sharing) \(configuration.text.transformer.sharing)")
      add(configuration.text.attention.rawValue)
      if let trunk = configuration.vision.trunk {
        add("\(trunk.architecture.rawValue) \(configuration.vision.imageSize)")
      }
    }
    switch configuration.text.endOfText {
    case .highestID: add("highest")
    case .firstID(let id): add("first \(id)")
    }
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      add("\(name) \(tensor.shape) \(tensor.type.rawValue)")
      let (count, runs, length) = (tensor.bytes.count, 4, 256)
      if count <= runs * length {
        hash.update(tensor.bytes)
      } else {
        for run in 0..<runs {
          let start = (count - length) / (runs - 1) * run
          hash.update(UnsafeRawBufferPointer(rebasing: tensor.bytes[start..<(start + length)]))
        }
      }
    }
    return String(hash.hexadecimal().prefix(16))
  }

  /// The SHA-256 of each weight file by its name, in hexadecimal, to compare with what the publisher says.
  ///
  /// Reads the files whole. Throws ``FileReadError/unreadable(path:reason:)``.
  public func sha256() throws -> [String: String] {
    var hashes: [String: String] = [:]
    for file in source?.files ?? [] { hashes[file.lastPathComponent] = try FileHash.sha256(of: file) }
    return hashes
  }
}
