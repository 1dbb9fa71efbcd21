import Compute
import Foundation
import JSON
import Synchronization

/// The percentile bootstrap (Efron 1979) over groups: how far a statistic would move with other groups of the same
/// kind.
///
/// Judgements of one image depend on each other, so images are drawn, with replacement, and with each all that
/// was judged of it. What is drawn depends on the seed alone, not on the number of threads.
public struct Bootstrap: Sendable, Equatable {
  /// The random seed.
  public var seed: UInt64
  /// How often is drawn.
  public var resamples: Int
  /// The confidence level, the share of the resamples within an interval.
  public var level = 0.95

  /// Makes a bootstrap; 1,000 resamples give an interval's ends to about two digits.
  public init(seed: UInt64 = 0, resamples: Int = 1000) {
    self.seed = seed
    self.resamples = max(0, resamples)
  }

  /// Statistics of every draw.
  ///
  /// - Parameters:
  ///   - groupCount: how many groups there are, and how many are drawn. Of fewer than two there are no draws: all would be the same, and
  ///     an interval of them would tell nothing of other groups.
  ///   - threads: how many threads work; nil for all CPU cores.
  ///   - statistics: gets how often each group was drawn; nil where a statistic is not defined for the draw.
  /// - Returns: what `statistics` returned, draw by draw.
  public func draws(
    groupCount: Int, threads: Int? = nil, statistics: @Sendable (_ counts: [Int32]) -> [Double?]
  ) -> [[Double?]] {
    guard groupCount > 1 else { return [] }
    let threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let next = Atomic<Int>(0)
    let results = Mutex<[[Double?]]>(Array(repeating: [], count: resamples))
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, resamples))) { _ in
      var counts = [Int32](repeating: 0, count: groupCount)
      while true {
        let draw = next.add(1, ordering: .relaxed).oldValue
        guard draw < resamples else { return }
        for group in counts.indices { counts[group] = 0 }
        var generator = SplitMix(seed: seed, part: draw)
        for _ in counts.indices { counts[generator.next(below: counts.count)] += 1 }
        let values = statistics(counts)
        results.withLock { $0[draw] = values }
      }
    }
    return results.withLock { $0 }
  }

  /// The interval that holds ``level`` of the values, as much left out below as above; nil where fewer than two
  /// values, or fewer than half of the draws, have one.
  public func interval(of values: [Double?]) -> ClosedRange<Double>? {
    let sorted = values.compactMap(\.self).sorted()
    guard sorted.count >= 2, sorted.count * 2 >= values.count else { return nil }
    let low = Self.quantile(sorted, (1 - level) / 2)
    let high = Self.quantile(sorted, (1 + level) / 2)
    return low <= high ? low...high : high...low
  }

  /// A quantile of sorted values, between two of them where it falls there (NumPy's `linear`).
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    guard let last = sorted.last else { return 0 }
    let place = max(0, min(1, share)) * Double(sorted.count - 1)
    let below = Int(place)
    guard below + 1 < sorted.count else { return last }
    return sorted[below] + (sorted[below + 1] - sorted[below]) * (place - Double(below))
  }
}

extension JSONValue {
  /// A random seed: a number, or in quotes where readers of JSON have no such whole numbers.
  init(seed: UInt64) { self = Int(exactly: seed).map(JSONValue.integer) ?? .string(String(seed)) }
}
