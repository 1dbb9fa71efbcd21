import CLIP

/// Embeddings of captions, each computed once: samples often say the same.
final class TextEmbeddings {
  let embedder: CLIPEmbedder
  private let prefix: String
  private var known: [String: [Float]] = [:]

  /// Captions whose embeddings are kept.
  private static let most = 200_000

  /// - Parameter prefix: what stands before each caption.
  init(_ embedder: CLIPEmbedder, prefix: String = "") {
    self.embedder = embedder
    self.prefix = prefix
  }

  /// The unit embedding of each caption. Throws `ItemFailure`, `ModelError`.
  func callAsFunction(_ captions: [String]) throws -> [[Float]] {
    let texts = Set(captions)
    if known.count + texts.count > Self.most { known = [:] }
    let new = texts.subtracting(known.keys).sorted()
    if !new.isEmpty {
      let embedded = try embedder.embedTexts(new.map { prefix + $0 })
      for (index, text) in new.enumerated() { known[text] = Array(embedded[index]) }
    }
    return captions.map { known[$0] ?? [] }
  }
}
