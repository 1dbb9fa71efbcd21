public import CLIP
public import CaptionData
public import CaptionMetrics
import Files
import Foundation
import JSON

/// How well the cosine of two sentences' embeddings agrees with people: semantic textual similarity.
///
/// ```swift
/// let sets = try TextSimilaritySet.read(URL(fileURLWithPath: "STS16-en-test"))
/// let result = try TextSimilarity(sets: sets).result(embedder: clip)
/// print(result.mean)
/// ```
public struct TextSimilarity: Sendable {
  /// The sets.
  public let sets: [TextSimilaritySet]

  /// Creates an evaluation.
  ///
  /// - Throws: ``EmbeddingError/noRows(name:)`` where a set has no pairs with gold.
  public init(sets: [TextSimilaritySet]) throws(EmbeddingError) {
    if let empty = sets.first(where: \.pairs.isEmpty) { throw .noRows(name: empty.name) }
    self.sets = sets
  }

  /// The sentences of all sets, in the order in which ``result(embeddings:)`` wants their embeddings.
  public var sentences: [String] { sets.flatMap(\.sentences) }

  /// Embeds the sentences as they are, and correlates.
  ///
  /// - Parameter keepGoing: whether pairs with a sentence that cannot be embedded are skipped and listed.
  /// - Throws: ``EvaluationError``, and what the embedder throws.
  public func result(
    embedder: some ImageTextEmbedder, keepGoing: Bool = false, progress: EmbeddingProgress? = nil
  ) throws -> TextSimilarityResult {
    let items = try embedder.embedTexts(sentences, keepGoing: keepGoing, progress: progress)
    return try result(of: items.embeddings, failures: items.failures, truncated: items.truncated.count)
  }

  /// Correlates the cosines of precomputed embeddings, one for each of ``sentences``.
  ///
  /// - Throws: ``EvaluationError``.
  public func result(embeddings: Embeddings) throws -> TextSimilarityResult {
    try result(of: embeddings, failures: [:], truncated: nil)
  }

  private func result(
    of embeddings: Embeddings, failures: [Int: any Error], truncated: Int?
  ) throws -> TextSimilarityResult {
    let (cosines, skipped) = try cosines(of: embeddings, failures: failures)
    var result = TextSimilarityResult(truncated: truncated)
    result.skipped = skipped
    for (set, cosines) in zip(sets, cosines) {
      let kept = cosines.count { $0 != nil }
      guard let rho = try? set.sample(cosines).coefficient(.spearman) else {
        throw EvaluationError.notCorrelated(set: set.name)
      }
      result.sets.append(
        .init(name: set.name, spearman: rho * 100, pairs: kept, withoutGold: set.withoutGold))
    }
    return result
  }

  /// The cosine of each pair of each set, nil for those with a sentence that failed.
  func cosines(
    of embeddings: Embeddings, failures: [Int: any Error]
  ) throws -> (sets: [[Double?]], skipped: [SkippedItem]) {
    let expected = sets.reduce(0) { $0 + 2 * $1.pairs.count }
    guard embeddings.count == expected else {
      throw EvaluationError.wrongRowCount(
        name: embeddings.name, expected: expected, found: embeddings.count, of: "sentences")
    }
    let exact = ExactCosine(dimension: embeddings.dimension)
    defer { exact.deallocate() }
    var skipped: [SkippedItem] = []
    var row = 0
    let cosines = try sets.map { set in
      try set.pairs.map { pair -> Double? in
        defer { row += 2 }
        guard let failure = failures[row] ?? failures[row + 1] else {
          return try exact.cosine(embeddings, row, row + 1)
        }
        skipped.append(
          SkippedItem(id: "\(set.name), \"\(pair.first.prefix(40))\"", reason: sentence(for: failure)))
        return nil
      }
    }
    return (cosines, skipped)
  }
}

extension TextSimilaritySet {
  /// The cosines of the pairs beside their gold, those that have one.
  func sample(_ cosines: [Double?]) throws(StatisticsError) -> PairedSample {
    let kept = zip(cosines, pairs).compactMap { cosine, pair in cosine.map { ($0, pair.gold) } }
    return try PairedSample(kept.map(\.0), kept.map(\.1))
  }
}

extension ExactCosine {
  /// The cosine of two embeddings; 0 where one is all zeros.
  func cosine(_ embeddings: Embeddings, _ first: Int, _ second: Int) throws(EvaluationError) -> Double {
    let (a, b) = (squares(embeddings, first), squares(embeddings, second))
    guard a.isFinite else { throw .notFinite(name: embeddings.name, row: first) }
    guard b.isFinite else { throw .notFinite(name: embeddings.name, row: second) }
    // One root: the cosine of equal embeddings is 1 to the last bit, so that they tie.
    let lengths = (a * b).squareRoot()
    return lengths == 0 ? 0 : product(embeddings, first, embeddings, second) / lengths
  }
}

/// What an embedder reaches on sets of sentence pairs.
public struct TextSimilarityResult: Sendable {
  /// One set.
  public struct Score: Sendable, Equatable {
    /// The set.
    public var name: String
    /// Spearman's correlation of cosine and gold, times 100.
    public var spearman: Double
    /// The pairs that count.
    public var pairs: Int
    /// The pairs that have no gold.
    public var withoutGold: Int
  }

  /// Each set.
  public var sets: [Score] = []
  /// How many sentences were cut to the model's context, where a model embedded them.
  public var truncated: Int?
  /// The pairs that were skipped, and why.
  public var skipped: [SkippedItem] = []

  /// The mean over the sets, each of the same weight.
  public var mean: Double { sets.isEmpty ? 0 : sets.reduce(0) { $0 + $1.spearman } / Double(sets.count) }

  /// The result as a report.
  public func report(provenance: Provenance) -> EvaluationReport {
    var provenance = provenance
    provenance.skipped += skipped
    provenance.truncated.candidates = truncated
    provenance.metrics = sets.map { "Spearman(\($0.name))" }
    var lines = sets.map {
      EvaluationReport.Line($0.name, [String(format: "%.2f", $0.spearman), "\($0.pairs)"])
    }
    if sets.count > 1 { lines.append(.init("mean", [String(format: "%.2f", mean), ""])) }
    let values: [JSONValue] = sets.map {
      [
        "name": .string($0.name), "spearman": .number($0.spearman), "pairs": .integer($0.pairs),
        "without_gold": .integer($0.withoutGold),
      ]
    }
    return EvaluationReport(
      title: "Similarity of sentences in \(counted(sets.count, "set"))", columns: ["Spearman", "pairs"],
      lines: lines,
      legend: "Spearman's ρ × 100 between cosine and gold; pairs without gold are skipped, the parts of "
        + "a set pooled, and every set has the same weight in the mean",
      results: [.init("sets", .array(values)), .init("mean", .number(mean))], provenance: provenance)
  }
}
