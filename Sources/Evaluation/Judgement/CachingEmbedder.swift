import CLIP
import Foundation
import Synchronization

/// Embeds every image and every text once, however often it is asked.
final class CachingEmbedder: ImageTextEmbedder {
  /// What is known of one image or text.
  private struct Known: Sendable {
    var row: [Float]
    var failure: (any Error)?
    var isTruncated: Bool
  }

  private let embedder: any ImageTextEmbedder
  private let images = Mutex<[String: Known]>([:])
  private let texts = Mutex<[[UInt8]: Known]>([:])

  init(_ embedder: any ImageTextEmbedder) { self.embedder = embedder }

  var dimension: Int { embedder.dimension }
  var provenance: ModelProvenance { embedder.provenance }
  var scoreCalibration: ScoreCalibration? { embedder.scoreCalibration }

  func embedImages(at urls: [URL], keepGoing: Bool, progress: EmbeddingProgress?) throws -> EmbeddedItems {
    let known = images.withLock { $0 }
    let new = urls.filter { known[$0.absoluteString] == nil }
    let items =
      new.isEmpty ? nil : try embedder.embedImages(at: new, keepGoing: keepGoing, progress: progress)
    let all = images.withLock { store in
      for (index, url) in new.enumerated() { store[url.absoluteString] = Self.known(items, index) }
      return store
    }
    return gather(urls.map { all[$0.absoluteString] })
  }

  func embedTexts(_ texts: [String], keepGoing: Bool, progress: EmbeddingProgress?) throws -> EmbeddedItems {
    // By their bytes: an embedder may tell apart what String does not.
    let keys = texts.map { Array($0.utf8) }
    let known = self.texts.withLock { $0 }
    let new = texts.indices.filter { known[keys[$0]] == nil }
    let items =
      new.isEmpty
      ? nil : try embedder.embedTexts(new.map { texts[$0] }, keepGoing: keepGoing, progress: progress)
    let all = self.texts.withLock { store in
      for (index, text) in new.enumerated() { store[keys[text]] = Self.known(items, index) }
      return store
    }
    return gather(keys.map { all[$0] })
  }

  private static func known(_ items: EmbeddedItems?, _ index: Int) -> Known? {
    guard let items else { return nil }
    return Known(
      row: Array(items.embeddings[index]), failure: items.failures[index],
      isTruncated: items.truncated.contains(index))
  }

  private func gather(_ known: [Known?]) -> EmbeddedItems {
    var result = EmbeddedItems(embeddings: Embeddings(count: known.count, dimension: dimension))
    result.embeddings.withMutableValues { values in
      for (index, known) in known.enumerated() {
        for (column, value) in (known?.row ?? []).prefix(dimension).enumerated() {
          values[index * dimension + column] = value
        }
      }
    }
    for (index, known) in known.enumerated() {
      if let failure = known?.failure { result.failures[index] = failure }
      if known?.isTruncated == true { result.truncated.insert(index) }
    }
    return result
  }
}
