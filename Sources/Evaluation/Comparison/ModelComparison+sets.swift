public import CLIP
import CaptionData
public import CaptionMetrics
import Files
public import Foundation

extension ModelComparison {
  /// Correlates the cosines of sentences with people's judgements, each set for itself, and takes the mean of the sets.
  ///
  /// - Throws: ``EvaluationError``, and what the embedders throw.
  public mutating func compareSimilarities(
    on similarity: TextSimilarity, progress: EmbeddingProgress? = nil
  ) throws {
    let (sentences, keepGoing) = (similarity.sentences, keepGoing)
    let items = try embedders.map {
      try $0.embedTexts(sentences, keepGoing: keepGoing, progress: progress)
    }
    for (model, items) in items.enumerated() { note(truncated: items.truncated.count, model: model) }
    let failures = items.reduce(into: [:]) { $0.merge($1.failures) { first, _ in first } }
    let cosines = try items.map { try similarity.cosines(of: $0.embeddings, failures: failures) }
    skipped += cosines.first?.skipped ?? []
    var statistics: [ResampledStatistic] = []
    for (index, set) in similarity.sets.enumerated() {
      let samples = try cosines.map { try set.sample($0.sets[index]) }
      guard samples.allSatisfy({ $0.coefficient(.spearman) != nil }), let count = samples.first?.count else {
        throw EvaluationError.notCorrelated(set: set.name)
      }
      var draws = bootstrap
      draws.seed &+= UInt64(index)
      let statistic = draws.resampled(groupCount: count, threads: threads) { counts in
        [samples.map { $0.coefficient(.spearman, counts: counts) }]
      }
      add([set.name], count: count, noun: "pair of sentences", statistic)
      statistics += statistic
    }
    draw(over: "pairs of sentences")
    guard statistics.count > 1 else { return }
    add(
      ["STS, mean"], count: statistics.count, noun: "set", [ResampledStatistic(meanOf: statistics)])
  }

  /// Counts true captions that beat false ones, and takes the mean over the groups that count.
  ///
  /// - Throws: ``DatasetError``, ``EvaluationError``, and what the embedders throw.
  public mutating func compareComposition(
    on set: CompositionSet, images folder: URL, progress: CLIPScorer.Progress? = nil
  ) throws {
    let located = try LocatedCases(set, in: folder, keepGoing: keepGoing)
    let composition = Composition(keepGoing: keepGoing)
    var results: [CompositionResult] = []
    for embedder in embedders {
      let images = sharesImages ? results.first?.images : nil
      results.append(
        try composition.result(located, embedder: embedder, images: images, progress: progress))
    }
    for (model, result) in results.enumerated() { note(truncated: result.truncated, model: model) }
    var reasons: Set<String> = []
    skipped += results.flatMap(\.skipped).filter { reasons.insert($0.reason).inserted }

    // Cases that all could compare, in the groups that count, gathered by image.
    var (names, images): ([String: Int], [String: Int]) = ([:], [:])
    var cases: [ImageCase] = []
    let counted = Set((results.first?.groups ?? []).filter(\.counts).map(\.name))
    for (index, item) in set.cases.enumerated() where counted.contains(item.group) {
      let outcomes = results.compactMap { $0.outcomes[index] }
      guard outcomes.count == results.count else { continue }
      let group = names[item.group] ?? names.count
      let image = images[item.image] ?? images.count
      (names[item.group], images[item.image]) = (group, image)
      cases.append(ImageCase(group: group, image: image, outcomes: outcomes))
    }
    guard !cases.isEmpty else { throw EvaluationError.noCases(set: set.kind.rawValue) }
    let (groupCount, kept, models) = (names.count, cases, results.count)
    let statistics = bootstrap.resampled(groupCount: images.count, threads: threads) { counts in
      [ImageCase.accuracies(kept, groupCount: groupCount, modelCount: models, counts: counts)]
    }
    draw(over: "images")
    add([set.kind.rawValue], count: cases.count, noun: "case", statistics)
  }
}

/// A case of a set of true and false captions, as the intervals need it.
private struct ImageCase: Sendable {
  var group: Int
  var image: Int
  /// Whether each model was right.
  var outcomes: [Bool]

  /// Each model's mean over groups where each image counts so often; groups that no image is in do not count.
  static func accuracies(
    _ cases: [ImageCase], groupCount: Int, modelCount: Int, counts: [Int32]
  ) -> [Double?] {
    var sizes = [Double](repeating: 0, count: groupCount)
    var right = [Double](repeating: 0, count: groupCount * modelCount)
    for item in cases {
      let weight = Double(counts[item.image])
      sizes[item.group] += weight
      for (model, isRight) in item.outcomes.enumerated() where isRight {
        right[item.group * modelCount + model] += weight
      }
    }
    let present = sizes.indices.filter { sizes[$0] > 0 }
    return (0..<modelCount).map { model in
      guard !present.isEmpty else { return nil }
      let sum = present.reduce(0.0) { $0 + right[$1 * modelCount + model] / sizes[$1] }
      return sum / Double(present.count)
    }
  }
}
