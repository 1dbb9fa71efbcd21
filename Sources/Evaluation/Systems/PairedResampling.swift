import CaptionMetrics
import Foundation
import Synchronization

/// Paired resampling tests of systems that were scored on the same captions: is a difference between two of them more than
/// the choice of images makes?
///
/// - *Paired bootstrap* (Koehn, "Statistical Significance Tests for Machine Translation Evaluation", EMNLP 2004): corpora of
///   captions drawn with replacement, the same for all systems. It gives intervals, and a p-value as SacreBLEU computes it,
///   from the differences less their mean.
/// - *Approximate randomization* (Noreen 1989; Riezler and Maxwell 2005): captions are swapped between the two systems
///   at random; the p-value is the share of trials with a difference at least as large as the real one.
///
/// Numbers are drawn as SacreBLEU 2.6 draws them, from NumPy's generator with the seed 12345, and give its p-values where no
/// trial ties with the real difference, which counts here and does not count there. Systems with the same value have p = 1.
public struct PairedResampling: Sendable, Equatable {
  /// The random seed.
  public var seed: UInt64 = 12345
  /// The number of bootstrap resamples.
  public var resamples = 1000
  /// The number of trials of approximate randomization.
  public var trials = 10000
  /// The number of CPU threads; nil for all cores. The results do not depend on it.
  public var threads: Int?

  /// The confidence level of intervals.
  public static let level = 0.95

  /// Makes tests with SacreBLEU's numbers of draws.
  public init() {}

  /// Called from any thread with the number of draws that are done, and of all.
  public typealias Progress = @Sendable (_ done: Int, _ total: Int) -> Void

  /// The values of systems in each resampled corpus: system by system, draw by draw, a value a scale.
  ///
  /// Of one caption there are no draws: all would be the same, so that any difference would seem certain.
  func bootstrap(_ systems: [CorpusSums], progress: Progress? = nil) -> [[[Double]]] {
    let count = systems.first?.count ?? 0
    let drawn = draws(count > 1 ? resamples : 0, of: count, progress: progress) { generator, rows in
      for item in rows.indices {
        rows[item] = Int32(truncatingIfNeeded: generator.integer(below: UInt32(clamping: count)))
      }
    } use: { rows in
      systems.map { system in
        system.values(system.sum(rows: rows, of: system.summands))
      }
    }
    return systems.indices.map { system in drawn.map { $0[system] } }
  }

  /// The differences between the first system and each other when captions are swapped at random: other by other, trial by
  /// trial, an absolute difference a scale.
  func randomization(_ systems: [CorpusSums], progress: Progress? = nil) -> [[[Double]]] {
    guard let baseline = systems.first else { return [] }
    let others = systems.dropFirst()
    let all = Array(Int32(0)..<Int32(clamping: baseline.count))
    let whole = baseline.sum(rows: all, of: baseline.summands)
    // A caption that the baseline keeps adds what it has more than the other.
    let pairs = others.map { other in
      (
        system: other, whole: other.sum(rows: all, of: other.summands),
        excess: zip(baseline.summands, other.summands).map { $0 - $1 }
      )
    }
    let drawn = draws(trials, of: baseline.count, progress: progress) { generator, rows in
      var kept = 0
      for item in rows.indices where generator.coin() {
        rows[kept] = Int32(truncatingIfNeeded: item)
        kept += 1
      }
      rows.removeLast(rows.count - kept)
    } use: { rows in
      pairs.map { pair in
        let moved = baseline.sum(rows: rows, of: pair.excess)
        let first = baseline.values(zip(pair.whole, moved).map { $0 + $1 })
        let second = pair.system.values(zip(whole, moved).map { $0 - $1 })
        return zip(first, second).map { abs($0 - $1) }
      }
    }
    return pairs.indices.map { pair in drawn.map { $0[pair] } }
  }

  /// Draws rows in one order, whatever the number of threads, and uses each draw on any of them.
  private func draws<Result: Sendable>(
    _ total: Int, of count: Int, progress: Progress?,
    draw: @Sendable (inout NumPyGenerator, inout [Int32]) -> Void,
    use: @Sendable ([Int32]) -> Result
  ) -> [Result] {
    let state = Mutex((generator: NumPyGenerator(seed: seed), next: 0))
    let results = Mutex<[Int: Result]>([:])
    let threads = max(1, min(threads ?? ProcessInfo.processInfo.activeProcessorCount, total))
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        var rows = [Int32](repeating: 0, count: count)
        let number = state.withLock { state -> Int? in
          guard state.next < total else { return nil }
          defer { state.next += 1 }
          draw(&state.generator, &rows)
          return state.next
        }
        guard let number else { return }
        let result = use(rows)
        let done = results.withLock {
          $0[number] = result
          return $0.count
        }
        if done.isMultiple(of: 64) || done == total { progress?(done, total) }
      }
    }
    return results.withLock { results in (0..<total).compactMap { results[$0] } }
  }

  /// The p-value of a difference: the share of draws that are at least as large, the real one counted among them.
  static func pValue(of difference: Double, among draws: [Double]) -> Double? {
    guard !draws.isEmpty else { return nil }
    guard difference != 0 else { return 1 }
    // What sums up in another order is equal but for its last bits.
    let bar = difference - 1e-12 * max(1, difference)
    return Double(draws.count { $0 >= bar } + 1) / Double(draws.count + 1)
  }

  /// The interval that holds 95 % of values, between two of them, as SacreBLEU takes it; nil for fewer than 40.
  static func interval(of values: [Double]) -> ClosedRange<Double>? {
    guard values.count >= 40 else { return nil }
    let sorted = values.sorted()
    let cut = sorted.count / 40
    let (low, high) = (sorted[cut], sorted[sorted.count - cut - 1])
    return low <= high ? low...high : nil
  }
}

extension CorpusSums {
  /// The sums of some rows of a matrix as wide as the summands; a row that is named several times counts as often.
  fileprivate func sum(rows: [Int32], of matrix: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    matrix.withUnsafeBufferPointer { matrix in
      sums.withUnsafeMutableBufferPointer { sums in
        for row in rows {
          let start = Int(row) * width
          for place in 0..<width { sums[place] += matrix[start + place] }
        }
      }
    }
    return sums
  }
}
