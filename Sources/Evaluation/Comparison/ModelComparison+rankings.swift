public import CLIP
import CaptionData
public import CaptionMetrics
import Files
import Foundation

/// Embeddings of queries, of their paraphrases and of images, made by one model.
public struct ParaphrasedEmbeddings: Sendable {
  /// One for each query.
  public var queries: Embeddings
  /// One for each paraphrase, in the order of the queries.
  public var paraphrases: Embeddings
  /// One for each image.
  public var images: Embeddings

  /// Holds embeddings.
  public init(
    queries: Embeddings, paraphrases: Embeddings, images: Embeddings
  ) {
    self.queries = queries
    self.paraphrases = paraphrases
    self.images = images
  }
}

extension ModelComparison {
  /// Embeds queries, paraphrases and images, exactly as they are, and compares rankings and ranks.
  ///
  /// - Throws: ``EvaluationError``, and what the embedders throw.
  public mutating func compareRankings(
    of set: ParaphrasedQueries, progress: CLIPScorer.Progress? = nil,
    ranking: RetrievalEvaluation.Progress? = nil
  ) throws {
    skipped += set.skipped
    guard depth <= set.images.count else {
      // Known before the images are decoded.
      throw EvaluationError.wrongDepth(count: depth, images: set.images.count)
    }
    let count = set.pairs.count
    let wordings = set.pairs.map(\.query) + set.pairs.map(\.paraphrase)
    let (keepGoing, urls) = (keepGoing, set.images)
    let texts = try embedders.map { embedder in
      try embedder.embedTexts(wordings, keepGoing: keepGoing) { progress?(.texts, $0, $1) }
    }
    let images = try embeddedImages { embedder in
      try embedder.embedImages(at: urls, keepGoing: keepGoing) { progress?(.images, $0, $1) }
    }
    // An image that fails is in nobody's way; a pair that fails, for whichever model, is nobody's.
    var places = [Int?](repeating: nil, count: urls.count)
    var imageRows: [Int] = []
    for (row, url) in urls.enumerated() {
      if let failure = images.lazy.compactMap({ $0.failures[row] }).first {
        skipped.append(SkippedItem(id: url.lastPathComponent, reason: sentence(for: failure)))
      } else {
        places[row] = imageRows.count
        imageRows.append(row)
      }
    }
    var pairRows: [Int] = []
    var imageOfPair: [Int]? = set.imageOfPair.map { _ in [] }
    for (row, pair) in set.pairs.enumerated() {
      if let failure = texts.lazy.compactMap({ $0.failures[row] ?? $0.failures[row + count] }).first {
        skipped.append(SkippedItem(id: pair.image ?? "\(pair.line)", reason: sentence(for: failure)))
        continue
      }
      if let own = set.imageOfPair {
        guard let place = places[own[row]] else { continue }
        imageOfPair?.append(place)
      }
      pairRows.append(row)
    }
    guard !pairRows.isEmpty else { throw EvaluationError.noPairs(file: set.name) }
    let models = try zip(texts, images).map { texts, images in
      try ParaphrasedEmbeddings(
        queries: texts.embeddings.selecting(pairRows, name: "the queries"),
        paraphrases: texts.embeddings.selecting(pairRows.map { $0 + count }, name: "the paraphrases"),
        images: images.embeddings.selecting(imageRows, name: "the images"))
    }
    for (model, texts) in texts.enumerated() { note(truncated: texts.truncated.count, model: model) }
    try compareRankings(
      of: models,
      pairs: imageOfPair.map { RetrievalPairs(imageRowOfText: $0, imageCount: imageRows.count) },
      progress: ranking)
  }

  /// Compares rankings and ranks of precomputed embeddings.
  ///
  /// - Parameters:
  ///   - models: one model's embeddings, or those of two, of the same things in the same order.
  ///   - pairs: the image of each query; nil where there is none, and with it no R@k.
  /// - Throws: ``EvaluationError``.
  public mutating func compareRankings(
    of models: [ParaphrasedEmbeddings], pairs: RetrievalPairs?, progress: RetrievalEvaluation.Progress? = nil
  ) throws {
    guard let first = models.first else { return }
    let count = first.queries.count
    for model in models {
      guard model.queries.count == model.paraphrases.count else {
        throw EvaluationError.unequalWordings(
          queries: model.queries.count, paraphrases: model.paraphrases.count)
      }
      for (rows, expected, things) in [
        (model.queries, count, "queries"), (model.images, first.images.count, "images"),
      ] where rows.count != expected {
        throw EvaluationError.wrongRowCount(
          name: rows.name, expected: expected, found: rows.count, of: things)
      }
    }
    // For each statistic and each model a number a pair.
    var numbers: [[[Double]]] = []
    for model in models {
      let own = try self.numbers(
        queries: model.queries, paraphrases: model.paraphrases, images: model.images, pairs: pairs,
        progress: progress)
      if numbers.isEmpty { numbers = own.map { _ in [] } }
      for index in own.indices { numbers[index].append(own[index]) }
    }
    // Pairs of one image depend on each other; those without an image are on their own.
    let groups = pairs?.imageOfText ?? Array(0..<count)
    let groupCount = Set(groups).count
    var numbered: [Int: Int] = [:]
    let ordered = groups.map { group in
      let number = numbered[group] ?? numbered.count
      numbered[group] = number
      return number
    }
    let means = GroupedMeans(numbers, groups: ordered, groupCount: groupCount)
    var names = ["AO@\(depth)", "JS@\(depth)"]
    if pairs != nil {
      for wording in ["query", "paraphrase"] { names += Self.recallDepths.map { "\(wording) R@\($0)" } }
    }
    draw(over: pairs == nil ? "pairs" : "images")
    imageCount = pairs?.imageRows.count ?? first.images.count
    add(
      names, count: count, noun: "pair",
      bootstrap.resampled(groupCount: groupCount, threads: threads) { means.means($0) })
  }

  private static let recallDepths = [1, 5, 10]

  /// For each statistic of one model a number a pair.
  private func numbers(
    queries: Embeddings, paraphrases: Embeddings, images: Embeddings,
    pairs: RetrievalPairs?, progress: RetrievalEvaluation.Progress?
  ) throws -> [[Double]] {
    let search = NearestImages(count: depth, threads: threads)
    var (rankings, ranks): ([[[Int]]], [[Int]]) = ([], [])
    func rank(_ texts: Embeddings) throws {
      guard let pairs else {
        rankings.append(try search.rankings(of: texts, among: images, progress: progress))
        return
      }
      let found = try search.rankingsAndRanks(
        of: texts, among: images, pairs: pairs, upTo: Self.recallDepths.max() ?? 1, progress: progress)
      rankings.append(found.rankings)
      ranks.append(found.ranks)
    }
    try rank(queries)
    try rank(paraphrases)
    let overlaps = zip(rankings[0], rankings[1]).map { RankingOverlap($0, $1) }
    return [overlaps.map(\.average), overlaps.map(\.jaccard)]
      + ranks.flatMap { ranks in Self.recallDepths.map { depth in ranks.map { $0 <= depth ? 1 : 0 } } }
  }
}
