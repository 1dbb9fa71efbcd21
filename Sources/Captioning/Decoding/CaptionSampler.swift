import Compute
import Training

/// Captions that are drawn word by word, several of each image.
struct CaptionSampler {
  let sampling: GenerationOptions.Sampling
  let rules: WordRules
  let maxLength: Int

  /// Draws captions; rows that have ended are computed no further.
  ///
  /// - Parameters:
  ///   - rows: the captions of an image.
  ///   - ids: the number of each image, which its random numbers follow from.
  /// - Returns: the captions of each image, in the order in which they are drawn.
  /// - Throws: ``CaptioningError/notFinite``, `ComputeError`.
  func captions(_ session: DecodingSession, rows: Int, ids: [Int], pool: ThreadPool) throws
    -> [[GeneratedCaption]]
  {
    var captions = (0..<ids.count * rows).map { _ in
      GeneratedCaption(words: [], isFinished: false, logProbability: 0)
    }
    var random = (0..<captions.count).map { row in
      DataRandom(seed: sampling.seed, epoch: row % rows, item: ids[row / rows], purpose: .other)
    }
    var open = Array(captions.indices)
    for _ in 0..<maxLength where !open.isEmpty {
      let logits = try session.step(open.map { captions[$0].words.last ?? CaptionVocabulary.begin })
      let units = open.map { random[$0].uniform() }
      let drawn = try draw(open.map { captions[$0].words }, logits, units, pool: pool)
      var parents: [Int] = []
      var stillOpen: [Int] = []
      for (place, index) in open.enumerated() {
        // Where every word is banned, the caption is cut.
        guard let (word, logProbability) = drawn[place] else { continue }
        captions[index].logProbability += Double(logProbability)
        if word == CaptionVocabulary.end {
          captions[index].isFinished = true
        } else {
          captions[index].words.append(word)
          parents.append(place)
          stillOpen.append(index)
        }
      }
      open = stillOpen
      session.keep(parents)
    }
    return ids.indices.map { Array(captions[$0 * rows..<($0 + 1) * rows]) }
  }

  private func draw(
    _ rows: [[Int32]], _ logits: UnsafeMutableBufferPointer<Float>, _ units: [Double], pool: ThreadPool
  ) throws -> [(word: Int32, logProbability: Float)?] {
    var result = [(word: Int32, logProbability: Float)?](repeating: nil, count: rows.count)
    let failures = FirstError()
    let vocabulary = logits.count / max(1, rows.count)
    result.withUnsafeMutableBufferPointer { slots in
      // Every slot is written by one thread alone.
      nonisolated(unsafe) let slots = slots
      nonisolated(unsafe) let logits = logits
      pool.split(rows.count) { range in
        do {
          for row in range {
            let distribution = try WordDistribution(
              UnsafeMutableBufferPointer(rebasing: logits[row * vocabulary..<(row + 1) * vocabulary]))
            let words = rows[row]
            if words.count < rules.prefix.count {
              let word = rules.prefix[words.count]
              slots[row] = (word, distribution.values[Int(word)])
            } else {
              rules.forEachBanned(after: words) { distribution.ban($0) }
              slots[row] = distribution.draw(sampling, unit: units[row])
            }
          }
        } catch { failures.note(error) }
      }
    }
    try failures.check()
    return result
  }
}

extension DataRandom {
  /// A number in 0..<1.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
