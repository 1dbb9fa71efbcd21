import CLIP
import Files
import Foundation
import Synchronization

/// Pairs that are embedded together.
struct PairBlock: Sendable {
  let pairs: [ShardPair]

  /// What embedding a block gives: rows are those of `pairs`.
  struct Embedded: Sendable {
    var images: EmbeddedItems?
    var texts: EmbeddedItems?
    /// Where the image and the caption of each pair are among those that were embedded; nil where it has none.
    var imageRows: [Int?]
    var textRows: [Int?]
  }

  /// Embeds the images and captions that the task needs and that are there.
  func embed(with embedder: CLIPEmbedder, for task: ShardTask) throws -> Embedded {
    var result = Embedded(
      imageRows: Array(repeating: nil, count: pairs.count),
      textRows: Array(repeating: nil, count: pairs.count))
    var urls: [URL] = []
    var texts: [String] = []
    for (index, pair) in pairs.enumerated() where pair.problem(for: task) == nil {
      if task.needsImages, let image = pair.image {
        result.imageRows[index] = urls.count
        urls.append(image.url)
      }
      if task.needsTexts, let caption = pair.caption {
        result.textRows[index] = texts.count
        texts.append(task.prefix + caption)
      }
    }
    if task.needsTexts {
      result.texts = try embedder.embedTexts(texts, normalized: task.isNormalized, keepGoing: true)
    }
    if task.needsImages {
      result.images = try embedder.embedImages(at: urls, normalized: task.isNormalized, keepGoing: true)
    }
    return result
  }

  /// The SHA-256 of each image's bytes, its first half in hexadecimal; nil where there is no image.
  func hashes(in shard: Shard) throws -> [String?] {
    let ranges = pairs.compactMap { $0.image.map { $0.offset..<($0.offset + $0.size) } }
    var hashes: IndexingIterator<[String]>
    do { hashes = try FileHash.sha256(of: ranges, in: shard.url).makeIterator() } catch {
      throw ShardingError.unreadable(file: shard.url.relativePath, reason: "it has changed meanwhile")
    }
    return pairs.map { pair in pair.image.flatMap { _ in hashes.next().map { String($0.prefix(32)) } } }
  }
}

extension ShardPair {
  /// Why a pair cannot be embedded, as far as reading tells.
  func problem(for task: ShardTask) -> String? {
    (task.needsImages ? imageProblem : nil) ?? (task.needsTexts ? captionProblem : nil)
  }
}

/// Does two things at a time, and returns when both are done; what the first throws comes before what the second does.
func together<A: Sendable, B: Sendable>(
  _ first: @Sendable () throws -> A, _ second: @Sendable () throws -> B
) throws -> (A, B) {
  let results = Mutex<(Result<A, any Error>?, Result<B, any Error>?)>((nil, nil))
  DispatchQueue.concurrentPerform(iterations: 2) { side in
    if side == 0 {
      let result = Result { try first() }
      results.withLock { $0.0 = result }
    } else {
      let result = Result { try second() }
      results.withLock { $0.1 = result }
    }
  }
  let (one, other) = results.withLock { $0 }
  guard let one, let other else { throw CancellationError() }
  return (try one.get(), try other.get())
}
