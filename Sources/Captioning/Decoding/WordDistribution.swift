import Compute
import Foundation

/// The logits of a next word, as log-probabilities.
struct WordDistribution {
  /// (vocabulary): log-probabilities over all words; -∞ where a word is banned.
  let values: UnsafeMutableBufferPointer<Float>

  /// Turns logits into log-probabilities in place. What is banned afterwards keeps its share: the others are not scaled up.
  ///
  /// - Throws: ``CaptioningError/notFinite``.
  init(_ logits: UnsafeMutableBufferPointer<Float>) throws(CaptioningError) {
    values = logits
    var most = -Float.infinity
    for value in logits where value > most { most = value }
    var sum: Float = 0
    for value in logits { sum += exp(value - most) }
    let logSum = most + log(sum)
    guard logSum.isFinite else { throw .notFinite }
    for index in logits.indices { logits[index] -= logSum }
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

  func ban(_ word: Int32) { values[Int(word)] = -.infinity }

  /// The `count` likeliest words, the likeliest first; among equals the lower number.
  func likeliest(_ count: Int) -> [(word: Int32, logProbability: Float)] {
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
  func draw(_ sampling: GenerationOptions.Sampling, unit: Double) -> (word: Int32, logProbability: Float)? {
    if sampling.topK == nil, sampling.topP == nil {
      return draw(values.indices, scale: sampling.temperature, unit: unit)
    }
    var order = likeliest(min(values.count, sampling.topK ?? values.count)).map { Int($0.word) }
    if let topP = sampling.topP {
      let weights = weights(order, scale: sampling.temperature)
      let total = weights.reduce(0, +)
      var sum = 0.0
      let kept = weights.firstIndex { weight in
        sum += weight
        return sum >= topP * total
      }
      order = Array(order.prefix((kept ?? order.count - 1) + 1))
    }
    return draw(order, scale: sampling.temperature, unit: unit)
  }

  private func weights(_ words: some Collection<Int>, scale: Double) -> [Double] {
    let most = words.lazy.map { values[$0] }.max() ?? 0
    guard most > -.infinity else { return words.map { _ in 0 } }
    return words.map { Double(exp((values[$0] - most) / Float(scale))) }
  }

  private func draw(
    _ words: some Collection<Int>, scale: Double, unit: Double
  ) -> (word: Int32, logProbability: Float)? {
    let weights = weights(words, scale: scale)
    let goal = weights.reduce(0, +) * unit
    var sum = 0.0
    var chosen: Int?
    for (word, weight) in zip(words, weights) where weight > 0 {
      sum += weight
      chosen = word
      if sum > goal { break }
    }
    return chosen.map { (Int32($0), values[$0]) }
  }
}
