public import CLIP
public import CaptionData

/// The paraphrase robustness of a model, beside that of another model on the same items, such as itself before it was
/// tuned.
///
/// ```swift
/// var comparison = ModelComparison(of: tuned, before: original)
/// try comparison.compareRankings(of: queries)
/// try comparison.compareSimilarities(on: TextSimilarity(sets: sets))
/// print(comparison.report(provenance: provenance).table())
/// ```
///
/// What one of two models cannot embed is skipped for both. Intervals are those of ``bootstrap``, with the same draws for
/// both models: of images with all their pairs or cases, or of pairs of sentences.
public struct ModelComparison: Sendable {
  /// How many images of two rankings are compared: k.
  public var depth = 10
  /// How intervals are made.
  public var bootstrap = Bootstrap()
  /// Whether what cannot be read or embedded is skipped and listed.
  public var keepGoing = false
  /// The threads that work; nil for all CPU cores.
  public var threads: Int?
  /// The measures so far.
  public internal(set) var rows: [ComparisonRow] = []
  /// What was skipped, and why.
  public internal(set) var skipped: [SkippedItem] = []
  /// How many texts were cut to the model's context, and to the other's.
  public internal(set) var truncated = [0, 0]
  /// How many images were ranked; nil where none were.
  public internal(set) var imageCount: Int?
  /// Which images belong to what is drawn for the intervals, for messages.
  var drawn: [String] = []

  /// The model, and the other one.
  let embedders: [any ImageRegionEmbedder]
  /// Whether both give the same embeddings of images.
  let sharesImages: Bool

  /// Begins a comparison.
  ///
  /// - Parameters:
  ///   - model: what is measured.
  ///   - before: what it is compared with; nil to measure the model alone.
  ///   - sharesImages: whether both have the same image tower, so that images are embedded once.
  public init(
    of model: any ImageRegionEmbedder, before: (any ImageRegionEmbedder)? = nil, sharesImages: Bool = false
  ) {
    embedders = [model] + (before.map { [$0] } ?? [])
    self.sharesImages = sharesImages
  }

  /// Begins a comparison of precomputed embeddings.
  public init() {
    embedders = []
    sharesImages = false
  }

  /// Calls `body` with each embedder; where images are shared, all get what the first made of them.
  func embeddedImages(
    _ body: (any ImageRegionEmbedder) throws -> EmbeddedItems
  ) throws -> [EmbeddedItems] {
    guard sharesImages, let first = embedders.first else { return try embedders.map(body) }
    return Array(repeating: try body(first), count: embedders.count)
  }

  mutating func note(truncated count: Int, model: Int) {
    if truncated.indices.contains(model) { truncated[model] += count }
  }

  mutating func draw(over what: String) {
    if !drawn.contains(what) { drawn.append(what) }
  }

  /// Adds rows of shares that are defined.
  mutating func add(_ names: [String], count: Int, noun: String, _ statistics: [ResampledStatistic]) {
    for (name, statistic) in zip(names, statistics) {
      if let row = ComparisonRow(name, count: count, noun: noun, statistic, bootstrap) { rows.append(row) }
    }
  }
}
