import CLIP
import CaptionMetrics
import Files
import Foundation
import JSON
import TextProcessing

/// Requests that embed, and that compare what is embedded.
struct EmbeddingRequests {
  let models: OpenModels

  /// Images or texts that were embedded, as many rows as items; those of failed items are NaN.
  struct Rows {
    var values: [Float]
    var count: Int
    var dimension: Int
    var failures: [Int: String]
    var truncated: Set<Int> = []

    /// A row.
    subscript(row: Int) -> ArraySlice<Float> { values[row * dimension..<(row + 1) * dimension] }

    /// Puts the rows of those items that are there among those that are missing.
    init(
      _ items: EmbeddedItems?, of present: [Int], count: Int, dimension: Int, missing: String,
      reason: (any Error) -> String
    ) {
      self.count = count
      self.dimension = dimension
      values = [Float](repeating: .nan, count: count * dimension)
      failures = Dictionary(
        uniqueKeysWithValues: Set(0..<count).subtracting(present).map { ($0, missing) })
      guard let items else { return }
      for (row, item) in present.enumerated() {
        if let failure = items.failures[row] {
          failures[item] = reason(failure)
        } else {
          values.replaceSubrange(item * dimension..<(item + 1) * dimension, with: items[row])
        }
        if items.truncated.contains(row) { truncated.insert(item) }
      }
    }
  }

  /// Embeds images; what is wrong with one stays with it.
  static func embed(_ images: ImageBytes, _ embedder: CLIPEmbedder, normalized: Bool = true) throws -> Rows {
    let present = images.urls.indices.filter { images.urls[$0] != nil }
    let items =
      present.isEmpty
      ? nil
      : try embedder.embedImages(
        at: present.compactMap { images.urls[$0] }, normalized: normalized, keepGoing: true)
    return Rows(
      items, of: present, count: images.urls.count, dimension: embedder.dimension,
      missing: "the image is missing.", reason: images.reason)
  }

  /// Embeds texts; what is wrong with one stays with it.
  static func embed(_ texts: [String?], _ embedder: CLIPEmbedder, normalized: Bool = true) throws -> Rows {
    let present = texts.indices.filter { texts[$0] != nil }
    let items =
      present.isEmpty
      ? nil
      : try embedder.embedTexts(present.compactMap { texts[$0] }, normalized: normalized, keepGoing: true)
    return Rows(
      items, of: present, count: texts.count, dimension: embedder.dimension, missing: "the text is missing.",
      reason: sentence(for:))
  }

  func describe(_ request: Request) throws -> Answer {
    let embedder = try models(request)
    try request.end()
    let provenance = embedder.provenance
    var answer = Answer(members: [
      .init("name", .string(provenance.name)),
      .init("fingerprint", provenance.fingerprint.map(JSONValue.string) ?? .null),
      .init("dimension", .integer(embedder.dimension)),
      .init("context_length", .integer(embedder.contextLength)),
      .init("precision", provenance.precision.map(JSONValue.string) ?? .null),
    ])
    answer.add(warnings: embedder.warnings)
    return answer
  }

  func images(_ request: Request) throws -> Answer {
    let images = try ImageBytes(
      request.images() ?? { throw RequestError("\"embed_images\" needs \"images\".") }(),
      payload: request.payload)
    let normalized = try request.flag("normalize", default: true)
    let embedder = try models(request)
    try request.end()
    try request.bounds.requireRoom([images.urls.count, embedder.dimension], bytes: 4)
    let rows = try Self.embed(images, embedder, normalized: normalized)
    var answer = Answer()
    answer.add(rows.values, shape: [rows.count, rows.dimension])
    answer.add(failures: rows.failures)
    return answer
  }

  func texts(_ request: Request) throws -> Answer {
    let texts = try request.texts("texts")
    let normalized = try request.flag("normalize", default: true)
    let embedder = try models(request)
    try request.end()
    try request.bounds.requireRoom([texts.count, embedder.dimension], bytes: 4)
    let rows = try Self.embed(texts, embedder, normalized: normalized)
    var answer = Answer()
    answer.add(rows.values, shape: [rows.count, rows.dimension])
    answer.add(failures: rows.failures)
    answer.members.append(.init("truncated", .array(rows.truncated.sorted().map(JSONValue.integer))))
    return answer
  }

  func rank(_ request: Request) throws -> Answer {
    let images = try ImageBytes(
      request.images() ?? { throw RequestError("\"rank\" needs \"images\".") }(), payload: request.payload)
    let texts = try request.texts("texts")
    let definition = try request.choice("definition", default: CLIPScoreDefinition.hessel)
    let shape = [2, images.urls.count, texts.count]
    try request.bounds.requireRoom(shape, bytes: 8)
    let embedder = try models(request)
    try request.end()
    let formula = CLIPScoreFormula(definition, calibration: embedder.scoreCalibration)
    let captions = try Self.embed(texts.map { $0.map { definition.prefix + $0 } }, embedder)
    let shown = try Self.embed(images, embedder)
    // The largest answer there is: its numbers are written where they are sent from.
    var numbers = Data(count: 8 * shape.reduce(1, *))
    numbers.withUnsafeMutableBytes { bytes in
      let values = bytes.bindMemory(to: Double.self)
      let half = values.count / 2
      for image in 0..<shown.count {
        for text in 0..<captions.count {
          let similarity = cosine(shown[image], captions[text])
          values[image * captions.count + text] = formula.score(cosine: similarity)
          values[half + image * captions.count + text] = similarity
        }
      }
    }
    var answer = Answer()
    answer.add(numbers, shape: shape, type: "float64")
    answer.add(failures: shown.failures, as: "image_failures")
    answer.add(failures: captions.failures)
    return answer
  }

  func tokenize(_ request: Request) throws -> Answer {
    let texts = try request.texts("texts")
    let embedder = try models(request)
    try request.end()
    try request.bounds.requireRoom([texts.count, embedder.contextLength], bytes: 4)
    let tokenizer = try embedder.tokenizer()
    var ids: [Int32] = []
    var truncated: [JSONValue] = []
    var failures: [Int: String] = [:]
    for (index, text) in texts.enumerated() {
      var row: [Int32] = []
      if let text {
        let tokenized = try tokenizer.tokenize(text, contextLength: embedder.contextLength)
        row = tokenized.ids
        if tokenized.isTruncated { truncated.append(.integer(index)) }
      } else {
        failures[index] = "the text is missing."
      }
      ids += row + [Int32](repeating: 0, count: max(0, embedder.contextLength - row.count))
    }
    var answer = Answer()
    answer.add(ids, shape: [texts.count, embedder.contextLength])
    answer.members.append(.init("truncated", .array(truncated)))
    answer.add(failures: failures)
    return answer
  }

  func words(_ request: Request) throws -> Answer {
    let texts = try request.texts("texts")
    try request.end()
    // All are the lines of one text, as in pycocoevalcap.
    let words = PTBTokenizer().tokenize(texts.map { $0 ?? "" })
    return Answer(members: [
      .init("texts", .array(words.map { JSONValue.string($0.joined(separator: " ")) }))
    ])
  }
}
