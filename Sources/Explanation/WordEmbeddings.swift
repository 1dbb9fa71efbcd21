import CLIP

/// The embeddings of single words, each made once.
struct WordEmbeddings {
  private var rows: [String: [Float]] = [:]

  /// Embeds the words that are new.
  mutating func add(_ words: some Sequence<String>, embedder: any ImageTextEmbedder, prefix: String) throws {
    let new = Set(words).filter { rows[$0] == nil }.sorted()
    guard !new.isEmpty else { return }
    let embedded = try embedder.embedTexts(new.map { prefix + $0 }, keepGoing: true, progress: nil)
    for (index, word) in new.enumerated() {
      rows[word] = embedded.failures[index] == nil ? Array(embedded.embeddings[index]) : []
    }
  }

  /// The words that fit an image best, the best first.
  func best(_ count: Int, of words: [String], for image: ArraySlice<Float>) -> [String] {
    guard words.count > count else { return words }
    let cosines = words.map { word in
      let value = cosine(image, (rows[word] ?? [])[...])
      return value.isFinite ? value : -2
    }
    return words.indices.sorted { (cosines[$1], $0) < (cosines[$0], $1) }.prefix(count).map { words[$0] }
  }
}
