public import CLIP
import Files
public import Foundation

/// Embeddings that are computed once and cached in a folder, for runs that are repeated or resumed.
public struct EmbeddingCache {
  private let embedder: CLIPEmbedder
  private let folder: URL
  private let key: UInt64

  /// Embeddings that are computed at a time, so that memory stays flat.
  private static let chunk = 2_000

  /// - Parameters:
  ///   - embedder: whose embeddings they are.
  ///   - folder: where they are cached.
  ///   - key: what tells the embedded things apart: ``TrainingSet/fingerprint`` for texts, ``TrainingSet/imageFingerprint`` for
  ///     images.
  public init(of embedder: CLIPEmbedder, in folder: URL, key: UInt64) {
    self.embedder = embedder
    self.folder = folder
    self.key = key
  }

  /// The cached embeddings; computed and written first where they are not there.
  ///
  /// - Parameters:
  ///   - count: the number of embeddings.
  ///   - what: what is embedded, a plural: "images".
  ///   - compute: computes some of the embeddings.
  /// - Throws: what `compute` throws, ``DataError``, `NumPyError`.
  public func embeddings(
    _ count: Int, of what: String, compute: (Range<Int>) throws -> Embeddings
  ) throws -> Embeddings {
    var described = RunDescription()
    described.add(what, key)
    described.add("count", count)
    // Equal weights give other embeddings of images that are prepared in another way.
    described.add("preprocessing", "\(embedder.preprocessing)")
    let model = embedder.checkpoint.fingerprint()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appendingPathComponent("\(what)-\(model)-\(described.fingerprint).npy")
    if !FileManager.default.fileExists(atPath: url.path) {
      let writer = try NumPyWriter(url, dimension: embedder.dimension)
      for start in stride(from: 0, to: count, by: Self.chunk) {
        try writer.append(compute(start..<min(start + Self.chunk, count)))
      }
      try writer.finish()
    }
    return try Embeddings(contentsOf: url, count: count, of: what)
  }
}

extension Embeddings {
  /// Maps a file that must hold an embedding for each of some things.
  ///
  /// - Parameters:
  ///   - what: what they belong to, for messages: "images", "captions".
  /// - Throws: `NumPyError`, ``DataError/wrongCount(file:what:expected:found:)``.
  public init(contentsOf url: URL, count: Int, of what: String) throws {
    try self.init(contentsOf: url)
    guard self.count == count else {
      throw DataError.wrongCount(file: name, what: what, expected: count, found: self.count)
    }
  }
}
