import Compute
import Foundation

/// The logits of a next word, as log-probabilities.
package struct WordDistribution {
  /// (vocabulary): log-probabilities over all words; -∞ where a word is banned.
  package let values: UnsafeMutableBufferPointer<Float>

  /// Turns logits into log-probabilities in place. What is banned afterwards keeps its share: the others are not scaled up.
  ///
  /// - Throws: ``CaptioningError/notFinite``.
  package init(_ logits: UnsafeMutableBufferPointer<Float>) throws(CaptioningError) {
    values = logits
    var most = -Float.infinity
    for value in logits where !(value <= most) {
      guard !value.isNaN else { throw .notFinite }
      most = value
    }
    let sum = Self.withExponentials(values, most: most, scale: 1) { $1 }
    let logSum = most + log(sum)
    guard logSum.isFinite else { throw .notFinite }
    for index in logits.indices { logits[index] -= logSum }
  }

  /// Calls `body` with `exp((x − most) · scale)` of each number, and the sum.
  private static func withExponentials<Result>(
    _ numbers: UnsafeMutableBufferPointer<Float>, most: Float, scale: Float,
    _ body: (_ exponentials: UnsafeMutableBufferPointer<Float>, _ sum: Float) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, numbers.count)) { exponentials in
      guard let x = numbers.baseAddress, let y = exponentials.baseAddress else {
        return body(exponentials, 0)
      }
      let sum = Kernels.best.exponentials(x, count: numbers.count, most: most, scale: scale, to: y)
      return body(exponentials, sum)
    }
  }

  /// Calls `body` with each row of logits, (rows, vocabulary), on all threads.
  ///
  /// - Returns: what it gives for each row.
  /// - Throws: ``CaptioningError/notFinite``.
  static func map<Result>(
    _ logits: UnsafeMutableBufferPointer<Float>, rows: Int, pool: ThreadPool,
    _ body: (_ row: Int, WordDistribution) -> Result
  ) throws -> [Result] {
    var result = [Result?](repeating: nil, count: rows)
    let failures = FirstError()
    let vocabulary = logits.count / max(1, rows)
    result.withUnsafeMutableBufferPointer { slots in
      // Every slot is written by one thread alone.
      nonisolated(unsafe) let slots = slots
      nonisolated(unsafe) let logits = logits
      pool.split(rows) { range in
        do {
          for row in range {
            let own = logits[row * vocabulary..<(row + 1) * vocabulary]
            slots[row] = body(row, try WordDistribution(UnsafeMutableBufferPointer(rebasing: own)))
          }
        } catch { failures.note(error) }
      }
    }
    try failures.check()
    return result.compactMap(\.self)
  }

  /// Takes a word out of what is drawn from.
  package func ban(_ word: Int32) { values[Int(word)] = -.infinity }

  private static let mostInserted = 64

  /// The `count` likeliest words, the likeliest first; among equals the lower number.
  package func likeliest(_ count: Int) -> [(word: Int32, logProbability: Float)] {
    // Words are put into their places one by one, which takes too long where many are asked for.
    guard count <= Self.mostInserted else {
      let all = values.indices.filter { values[$0] > -.infinity }
        .sorted { (values[$1], $0) < (values[$0], $1) }
      return all.prefix(count).map { (Int32($0), values[$0]) }
    }
    var best: [(word: Int32, logProbability: Float)] = []
    best.reserveCapacity(count + 1)
    var least = -Float.infinity
    for (word, value) in values.enumerated() where value > least {
      let place = best.lastIndex { $0.logProbability >= value }.map { $0 + 1 } ?? 0
      best.insert((Int32(word), value), at: place)
      if best.count > count { best.removeLast() }
      if best.count == count { least = best[count - 1].logProbability }
    }
    return best
  }

  /// Draws a word; nil where all are banned.
  ///
  /// The words that are drawn from are scaled up to a sum of 1. Words of equal probability at the border of a nucleus are
  /// taken from the lowest number on.
  ///
  /// - Parameter unit: a random number from 0 to 1.
  package func draw(
    _ sampling: GenerationOptions.Sampling, unit: Double
  ) -> (word: Int32, logProbability: Float)? {
    let scale = Float(1 / sampling.temperature)
    guard sampling.topK != nil || sampling.topP != nil else {
      return Self.place(in: values, scale: scale, unit: unit).map { (Int32($0), values[$0]) }
    }
    var order = likeliest(min(values.count, sampling.topK ?? values.count))
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, order.count)) { buffer in
      func likeliest() -> UnsafeMutableBufferPointer<Float> {
        for (place, word) in order.enumerated() { buffer[place] = word.logProbability }
        return UnsafeMutableBufferPointer(rebasing: buffer[..<order.count])
      }
      if let topP = sampling.topP, let most = order.first?.logProbability, most > -.infinity {
        let kept = Self.withExponentials(likeliest(), most: most, scale: scale) { weights, total in
          var sum = 0.0
          return weights.firstIndex { weight in
            sum += Double(weight)
            return sum >= topP * Double(total)
          }
        }
        order = Array(order.prefix((kept ?? order.count - 1) + 1))
      }
      return Self.place(in: likeliest(), scale: scale, unit: unit).map { order[$0] }
    }
  }

  /// Draws one of some log-probabilities, by what is in proportion to `exp(x · scale)`; nil where all are -∞.
  private static func place(
    in logProbabilities: UnsafeMutableBufferPointer<Float>, scale: Float, unit: Double
  ) -> Int? {
    let most = logProbabilities.max() ?? -.infinity
    guard most > -.infinity else { return nil }
    return withExponentials(logProbabilities, most: most, scale: scale) { weights, total in
      let goal = Double(total) * unit
      var sum = 0.0
      var chosen: Int?
      for place in logProbabilities.indices where weights[place] > 0 {
        sum += Double(weights[place])
        chosen = place
        if sum > goal { break }
      }
      return chosen
    }
  }
}
