import CLIP
import Foundation
import Synchronization

/// An embedder whose images and texts lie where a table says; what the table lacks fails.
package final class StubEmbedder: ImageTextEmbedder {
  package struct Unknown: Error {}

  package let dimension = 2
  package let provenance = ModelProvenance(name: "stub")
  package let images: [String: [Float]]
  package let texts: [String: [Float]]
  package let truncated: Set<String>
  package let scoreCalibration: ScoreCalibration?
  private let log = Mutex<[String]>([])

  package init(
    images: [String: [Float]], texts: [String: [Float]], truncated: Set<String> = [],
    calibration: ScoreCalibration? = nil
  ) {
    scoreCalibration = calibration
    self.images = images
    self.texts = texts
    self.truncated = truncated
  }

  /// Everything that was embedded, in order.
  package var embedded: [String] { log.withLock { $0 } }

  package func embedImages(at urls: [URL], keepGoing: Bool, progress: EmbeddingProgress?) throws
    -> EmbeddedItems
  {
    try embed(urls.map(\.lastPathComponent), in: images, keepGoing: keepGoing, progress: progress)
  }

  package func embedTexts(_ texts: [String], keepGoing: Bool, progress: EmbeddingProgress?) throws
    -> EmbeddedItems
  {
    var items = try embed(texts, in: self.texts, keepGoing: keepGoing, progress: progress)
    items.truncated = Set(texts.indices.filter { truncated.contains(texts[$0]) })
    return items
  }

  private func embed(
    _ names: [String], in table: [String: [Float]], keepGoing: Bool, progress: EmbeddingProgress?
  ) throws -> EmbeddedItems {
    log.withLock { $0 += names }
    var values: [Float] = []
    var failures: [Int: any Error] = [:]
    for (index, name) in names.enumerated() {
      if table[name] == nil {
        guard keepGoing else { throw Unknown() }
        failures[index] = Unknown()
      }
      values += table[name] ?? [0, 0]
      progress?(index + 1, names.count)
    }
    let embeddings = try Embeddings(values: values, dimension: 2)
    return EmbeddedItems(embeddings: embeddings, failures: failures)
  }
}
