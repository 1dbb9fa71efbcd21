import Compute

/// Generates captions from the grids of images.
package struct CaptionGenerator {
  private let decoder: CaptionDecoder
  private let options: GenerationOptions
  private let rules: WordRules
  private let maxLength: Int

  /// - Throws: ``CaptioningError`` where options make no sense or name a word that is not known.
  package init(
    _ decoder: CaptionDecoder, vocabulary: CaptionVocabulary, options: GenerationOptions = GenerationOptions()
  ) throws {
    try options.check()
    self.decoder = decoder
    self.options = options
    let limit = decoder.configuration.maxLength
    maxLength = min(options.maxLength ?? .max, limit)
    guard options.minLength < limit else {
      throw CaptioningError.badOption(
        name: "the least length", expected: "below the captioner's limit, \(limit) words with the end",
        found: "\(options.minLength)")
    }
    rules = try WordRules(options, vocabulary, maxLength: maxLength)
  }

  /// The most rows that are decoded together: each has a cache of its own, and some thousand would fill the memory.
  private static let mostRows = 1024

  /// The captions of each image, the best first, or in the order in which they are drawn.
  ///
  /// - Parameters:
  ///   - features: (images, cells, channels).
  ///   - ids: the number of each image, which random numbers follow from.
  /// - Throws: ``CaptioningError/notFinite``, `ComputeError`.
  package func captions(
    _ features: UnsafeBufferPointer<Float>, ids: [Int]
  ) throws -> [[GeneratedCaption]] {
    // Each number of missing words needs a place of its own.
    let atOnce = max(1, Self.mostRows / max(options.rows, options.requiredWords.count + 1))
    guard ids.count > atOnce else { return try captionsTogether(features, ids: ids) }
    let size = features.count / ids.count
    return try stride(from: 0, to: ids.count, by: atOnce).flatMap { first in
      let some = first..<min(first + atOnce, ids.count)
      return try captionsTogether(
        UnsafeBufferPointer(rebasing: features[some.lowerBound * size..<some.upperBound * size]),
        ids: Array(ids[some]))
    }
  }

  private func captionsTogether(
    _ features: UnsafeBufferPointer<Float>, ids: [Int]
  ) throws -> [[GeneratedCaption]] {
    let pool = decoder.context.pool
    switch options.strategy {
    case .beam(let asked):
      let size = max(asked, options.requiredWords.count + 1)
      let session = try DecodingSession(
        decoder, features: features, images: ids.count, rows: 1, mostRows: ids.count * size)
      let search = BeamSearch(
        size: size, rules: rules, lengthPenalty: options.lengthPenalty, maxLength: maxLength)
      return try search.captions(session, images: ids.count, pool: pool).map {
        Array($0.prefix(options.nBest))
      }
    case .sample(let count, let sampling):
      let session = try DecodingSession(
        decoder, features: features, images: ids.count, rows: count, mostRows: ids.count * count)
      return try CaptionSampler(sampling: sampling, rules: rules, maxLength: maxLength).captions(
        session, rows: count, ids: ids, pool: pool)
    }
  }
}
