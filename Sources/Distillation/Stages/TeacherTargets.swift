package import CLIP
package import Foundation
package import Training

/// What a teacher says of every image and caption of some data, computed once and kept in the run's folder.
package struct TeacherTargets {
  /// Embeddings of images, in the order of the items; nil without an image tower that teaches.
  private let images: Embeddings?
  /// The captions of every item, where an image's embedding is the mean of theirs.
  private let captions: ((Int) -> Range<Int>)?
  /// Embeddings of texts; nil without a teacher of texts.
  package let texts: Embeddings?
  /// The row of `texts` of every caption.
  private let textRows: [Int]
  /// What the teacher's cosines are multiplied with to be logits.
  package let scale: Double

  /// Targets that are there already.
  ///
  /// - Parameters:
  ///   - images: one for each item.
  ///   - texts: embeddings of texts, and for each caption its own among them.
  ///   - captions: the captions of every item, where an image's embedding is made of theirs.
  package init(
    images: Embeddings? = nil, texts: Embeddings? = nil, textRows: [Int] = [],
    captions: ((Int) -> Range<Int>)? = nil, scale: Double = 100
  ) {
    self.images = images
    self.texts = texts
    self.textRows = textRows
    self.captions = captions
    self.scale = scale
  }

  /// - Parameters:
  ///   - folder: where embeddings are cached.
  ///   - needsImages: whether images are to be embedded.
  ///   - needsTexts: whether captions are.
  package init(
    _ teacher: DistillationRecipe.Teacher, for set: TrainingSet, in folder: URL, needsImages: Bool,
    needsTexts: Bool, threads: Int?, progress: @escaping @Sendable (String, Int, Int) -> Void
  ) throws {
    let isMadeOfCaptions = needsImages && teacher.imageEmbeddings == .captions
    let needsImages = needsImages && !isMadeOfCaptions
    let needsTexts = needsTexts || isMadeOfCaptions
    var images: Embeddings?
    var texts: Embeddings?
    var textRows: [Int] = []
    var scale = 100.0
    var embedders: [CLIPEmbedder] = []
    if needsImages || (needsTexts && teacher.texts == nil) {
      embedders = try teacher.models.map {
        try CLIPEmbedder(
          opening: ModelLocator.resolve($0), options: CLIPEmbedder.Options(threads: threads))
      }
      if let first = embedders.first { scale = exp(Double(first.checkpoint.logitScale)) }
    }
    /// The embeddings of all teachers, each in a cache of its own.
    func embedded(
      _ count: Int, of what: String, key: UInt64, compute: (CLIPEmbedder, Range<Int>) throws -> EmbeddedItems
    ) throws -> Embeddings? {
      let all = try embedders.map { embedder in
        try EmbeddingCache(of: embedder, in: folder, key: key).embeddings(count, of: what) {
          range in
          defer { progress("teacher's \(what)", range.upperBound, count) }
          return try compute(embedder, range).embeddings
        }
      }
      return try Self.mean(all)
    }
    if needsTexts {
      let captions = (0..<set.captionCount).map { set.caption($0) }
      if let list = teacher.texts, let vectors = teacher.textEmbeddings {
        let known = try Self.lines(of: list)
        let table = try Embeddings(
          contentsOf: vectors, count: known.count, of: "texts in \(list.lastPathComponent)")
        textRows = try captions.map { caption in
          guard let row = known.rows[caption] else {
            throw DistillationError.unknownText(text: caption, file: list.path)
          }
          return row
        }
        texts = table
      } else if !embedders.isEmpty {
        var unique: [String: Int] = [:]
        var order: [String] = []
        for caption in captions where unique[caption] == nil {
          unique[caption] = order.count
          order.append(caption)
        }
        textRows = captions.map { unique[$0] ?? 0 }
        texts = try embedded(order.count, of: "texts", key: set.fingerprint) {
          try $0.embedTexts(Array(order[$1]), normalized: false)
        }
      }
    }
    if needsImages {
      images = try embedded(set.count, of: "images", key: set.imageFingerprint) { embedder, range in
        let urls = try range.map { item -> URL in
          guard let url = set.image(item)?.url else {
            throw DistillationError.teacherNeedsFiles(data: set.name)
          }
          return url
        }
        // An image that cannot be read is replaced when it is trained on, and its row is not looked at.
        return try embedder.embedImages(at: urls, normalized: false, keepGoing: true)
      }
    }
    self.images = images
    captions = isMadeOfCaptions ? { set.captionRows($0) } : nil
    self.texts = texts
    self.textRows = textRows
    self.scale = scale
  }

  /// The dimension of image embeddings; nil without a teacher of images.
  package var imageWidth: Int? { captions == nil ? images?.dimension : texts?.dimension }

  /// The teacher's image embeddings (B, D), row-major; nil without a teacher of images.
  package func images(of items: [Int]) -> [Float]? {
    guard let captions else { return images?.values(of: items) }
    guard let texts else { return nil }
    return items.flatMap { item in
      Self.mean(texts.values(of: captions(item).map { textRows[$0] }), width: texts.dimension)
    }
  }

  /// What several teachers say together: the means of their embeddings, each of unit length first; of one teacher its own.
  private static func mean(_ all: [Embeddings]) throws -> Embeddings? {
    guard let first = all.first, all.count > 1 else { return all.first }
    var result = Embeddings(count: first.count, dimension: first.dimension, name: "the teachers' embeddings")
    let width = first.dimension
    result.withMutableValues { values in
      for row in 0..<first.count {
        let mean = Self.mean(all.flatMap { $0[row] }, width: width)
        for (column, value) in mean.enumerated() { values[row * width + column] = value }
      }
    }
    return result
  }

  /// The mean of embeddings that are normalized first.
  private static func mean(_ rows: [Float], width: Int) -> [Float] {
    var sum = [Float](repeating: 0, count: width)
    let count = rows.count / width
    for start in stride(from: 0, to: rows.count, by: width) {
      let row = rows[start..<(start + width)]
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { continue }
      for (index, value) in row.enumerated() { sum[index] += value / (length * Float(count)) }
    }
    return sum
  }

  /// The teacher's caption embeddings.
  package func texts(of captionRows: [Int]) -> [Float]? {
    texts?.values(of: captionRows.map { textRows[$0] })
  }

  /// The row of each line; of equal lines the first.
  private static func lines(of url: URL) throws -> (rows: [String: Int], count: Int) {
    guard let data = try? Data(contentsOf: url) else {
      throw TrainingError.unreadable(path: url.path, reason: "it does not exist or cannot be read")
    }
    var rows: [String: Int] = [:]
    var count = 0
    for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let text = String(decoding: line, as: UTF8.self)
      if rows[text] == nil { rows[text] = count }
      count += 1
    }
    // The end of the last line begins no other.
    return (rows, data.last == UInt8(ascii: "\n") ? count - 1 : count)
  }
}
