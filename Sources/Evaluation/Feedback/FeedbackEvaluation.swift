public import CLIP
import Compute
import Foundation
public import Retrieval
import Synchronization

/// Measures methods of relevance feedback with users who are simulated.
///
/// In each round a user is shown the 60 best images that were not marked, and marks the first `marks` relevant and the first `marks`
/// others among them. After it, the images that are left are ranked again, and the ranking is measured. Seeds choose the queries, the text
/// of each, and nine tenths of the images.
public struct FeedbackEvaluation: Sendable {
  /// The methods.
  public var methods = FeedbackMethod.withoutTrees
  /// Rounds after the first ranking.
  public var rounds = 10
  /// The most images of each kind that are marked in a round.
  public var marks = 3
  /// Random seeds, a run each.
  public var seeds = 10
  /// Queries of a run.
  public var queries = 100
  /// The images that a user is shown.
  public var shown = 60
  /// The threads that work; nil for all CPU cores.
  public var threads: Int?

  /// Creates an evaluation.
  public init() {}

  /// What a round of a query came to.
  struct Measure: Sendable {
    var precision = 0.0
    var averagePrecision = 0.0
    /// The same for the ranking by text alone of the same images.
    var textPrecision = 0.0
    var textAveragePrecision = 0.0
    /// The F1 of the images that a method names, where it names some.
    var f1: Double?
  }

  /// The most memory of the trees of decision branches, in bytes.
  private static let branchMemory = 2 << 30

  /// Runs all methods.
  ///
  /// - Parameters:
  ///   - images: a row an image.
  ///   - texts: the embeddings of the texts of each query.
  ///   - progress: called from any thread with the runs that are done, of how many.
  /// - Throws: `RetrievalError`, `ComputeError`.
  public func result(
    _ all: [FeedbackQuery], images: Embeddings, texts: [Embeddings],
    progress: (@Sendable (Int, Int) -> Void)? = nil
  ) throws -> FeedbackResult {
    let search = ExactSearch(images, threads: threads)
    let branches =
      methods.contains(.branches)
      ? try BranchIndex(images, memory: Self.branchMemory, threads: threads) : nil
    let refiner = QueryRefiner(search, branches: branches)
    let runs = (0..<seeds).flatMap { seed in
      chosen(all.count, seed: seed).map { (seed: seed, query: $0) }
    }
    let found = Mutex([[FeedbackMethod: [Measure]]](repeating: [:], count: runs.count))
    let failures = FirstError()
    let done = Atomic<Int>(0)
    let pool = ThreadPool(count: max(1, threads ?? Hardware.coreCount))
    let next = Atomic<Int>(0)
    pool.run { _ in
      while true {
        let number = next.add(1, ordering: .relaxed).oldValue
        guard number < runs.count else { return }
        do {
          let (seed, index) = runs[number]
          let measures = try run(all[index], texts[index], seed: seed, number: index, refiner)
          found.withLock { $0[number] = measures }
        } catch { failures.note(error) }
        progress?(done.add(1, ordering: .relaxed).newValue, runs.count)
      }
    }
    try failures.check()
    return FeedbackResult(
      evaluation: self, imageCount: images.count, queryOfRun: runs.map(\.query),
      measures: found.withLock { $0 })
  }

  /// The queries of a run.
  private func chosen(_ count: Int, seed: Int) -> [Int] {
    var generator = SplitMix(seed: UInt64(seed), part: -1)
    return generator.sample(min(queries, count), below: count)
  }

  private func run(
    _ query: FeedbackQuery, _ texts: Embeddings, seed: Int, number: Int, _ refiner: QueryRefiner
  ) throws -> [FeedbackMethod: [Measure]] {
    let search = refiner.search
    var generator = SplitMix(seed: UInt64(seed), part: number)
    let text = Array(texts[generator.next(below: texts.count)])
    // A tenth of the images is not there; which, depends on the seed alone.
    var thinning = SplitMix(seed: UInt64(seed), part: -2)
    var isThere = (0..<search.rows.count).map { _ in thinning.next(below: 10) > 0 }
    if let own = query.own { isThere[own] = false }
    let relevant = Set(query.relevant)
    let textScores = try search.scores(of: .embedding(text))
    var measures: [FeedbackMethod: [Measure]] = [:]
    for method in methods {
      var isLeft = isThere
      var (good, bad): ([Int], [Int]) = ([], [])
      var rounds: [Measure] = []
      for round in 0...self.rounds {
        let refined =
          round == 0 ? nil : try refiner.refine(text, good: good, bad: bad, by: method)
        let scores = try refined.map(search.scores) ?? textScores
        let ranking = Self.ranking(scores, isLeft)
        let textRanking = method == .text || round == 0 ? ranking : Self.ranking(textScores, isLeft)
        let (precision, averagePrecision) = Self.quality(ranking, relevant)
        let (textPrecision, textAveragePrecision) = Self.quality(textRanking, relevant)
        rounds.append(
          Measure(
            precision: precision, averagePrecision: averagePrecision, textPrecision: textPrecision,
            textAveragePrecision: textAveragePrecision,
            f1: refined.flatMap { Self.f1(of: $0, isLeft, relevant) }))
        let seen = ranking.prefix(shown)
        let marked =
          seen.filter(relevant.contains).prefix(marks) + seen.filter { !relevant.contains($0) }.prefix(marks)
        for image in marked {
          isLeft[image] = false
          if relevant.contains(image) { good.append(image) } else { bad.append(image) }
        }
      }
      measures[method] = rounds
    }
    return measures
  }

  /// The images that are left, the best first; of equal ones the first.
  private static func ranking(_ scores: [Float], _ isLeft: [Bool]) -> [Int] {
    var keys: [UInt64] = []
    keys.reserveCapacity(scores.count)
    for (image, score) in scores.enumerated() where isLeft[image] {
      // Bits that are in the order of the numbers, turned round so that the best is the lowest.
      let bits = (score + 0).bitPattern
      let ascending = bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits
      keys.append(UInt64(~ascending) << 32 | UInt64(image))
    }
    keys.sort()
    return keys.map { Int($0 & 0xFFFF_FFFF) }
  }

  /// The share of relevant images among the first 50, and the mean of the precision at each relevant image; both are 0 where none is
  /// left.
  static func quality(_ ranking: [Int], _ relevant: Set<Int>) -> (precision: Double, average: Double) {
    var (found, sum, early) = (0, 0.0, 0)
    for (place, image) in ranking.enumerated() where relevant.contains(image) {
      found += 1
      sum += Double(found) / Double(place + 1)
      if place < 50 { early += 1 }
    }
    return (Double(early) / 50, found > 0 ? sum / Double(found) : 0)
  }

  /// The harmonic mean of precision and recall of the images that a query names; nil for one that ranks all.
  private static func f1(of query: RefinedQuery, _ isLeft: [Bool], _ relevant: Set<Int>) -> Double? {
    guard case .among(let rows, _) = query else { return nil }
    let named = rows.filter { isLeft[$0] }
    let found = named.count(where: relevant.contains)
    let all = relevant.count { isLeft[$0] }
    return found == 0 ? 0 : 2 * Double(found) / Double(named.count + all)
  }
}
