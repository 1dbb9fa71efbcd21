import Training

/// Damages captions as a careless captioner would: one to three words are repeated, dropped, inserted, swapped or shuffled.
struct DamagedCaption {
  /// A way to damage a caption.
  enum Kind: Int, CaseIterable {
    case repeats, drops, inserts, swaps, shuffles
  }

  /// The words that are inserted.
  let words: [String]

  /// A damaged caption, which is never equal to the whole one; nil where it has too few words.
  func callAsFunction(_ caption: [String], random: inout DataRandom) -> [String]? {
    guard caption.count >= 3, !words.isEmpty else { return nil }
    for _ in 0..<8 {
      let count = 1 + random.below(3)
      let kind = Kind(rawValue: random.below(Kind.allCases.count)) ?? .repeats
      let damaged = damaged(caption, kind, count, &random)
      if damaged != caption, damaged.count >= 2 { return damaged }
    }
    return nil
  }

  private func damaged(
    _ caption: [String], _ kind: Kind, _ count: Int, _ random: inout DataRandom
  ) -> [String] {
    var result = caption
    switch kind {
    case .repeats:
      let length = min(count, result.count)
      let start = random.below(result.count - length + 1)
      result.insert(contentsOf: result[start..<(start + length)], at: start + length)
    case .drops:
      for _ in 0..<min(count, result.count - 2) { result.remove(at: random.below(result.count)) }
    case .inserts:
      for _ in 0..<count {
        result.insert(words[random.below(words.count)], at: random.below(result.count + 1))
      }
    case .swaps:
      for _ in 0..<count { result.swapAt(random.below(result.count), random.below(result.count)) }
    case .shuffles:
      let length = min(count + 1, result.count)
      let start = random.below(result.count - length + 1)
      for place in stride(from: length - 1, to: 0, by: -1) {
        result.swapAt(start + place, start + random.below(place + 1))
      }
    }
    return result
  }
}
