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
      let units = open.map { random[$0].uniform(in: 0.0...1.0) }
      let begun = open.map { captions[$0].words }
      let drawn = try WordDistribution.map(logits, rows: open.count, pool: pool) {
        draw(after: begun[$0], $1, unit: units[$0])
      }
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
    after words: [Int32], _ distribution: WordDistribution, unit: Double
  ) -> (word: Int32, logProbability: Float)? {
    if words.count < rules.prefix.count {
      let word = rules.prefix[words.count]
      return (word, distribution.values[Int(word)])
    }
    rules.forEachBanned(after: words) { distribution.ban($0) }
    let missing = rules.missing(in: words)
    if !missing.isEmpty, words.count + missing.count >= maxLength - 1 {
      // There is room for nothing but the words that must occur, and the end.
      for word in distribution.values.indices where !missing.contains(Int32(word)) {
        distribution.ban(Int32(word))
      }
    }
    return distribution.draw(sampling, unit: unit)
  }
}
