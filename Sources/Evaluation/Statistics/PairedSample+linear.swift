import CLIP

extension PairedSample {
  /// Spearman's ρ, from ranks that are made of the sorted order and of the counts.
  func spearman(_ counts: [Int32]) -> Double? {
    var totals = [Int](repeating: 0, count: levelCount)
    for (level, group) in zip(levels, groups) { totals[Int(level)] += Int(counts[Int(group)]) }
    // All ranks are taken less their mean.
    let middle = Double(totals.reduce(0, +) + 1) / 2
    var below = 0
    let ranks = totals.map { total -> Double in
      defer { below += total }
      return Double(below) + Double(total + 1) / 2 - middle
    }
    var (product, squares, otherSquares) = (0.0, 0.0, 0.0)
    var start = 0
    below = 0
    for end in runEnds {
      var own = 0
      var sum = 0.0
      for place in start..<Int(end) {
        let weight = Int(counts[Int(groups[place])])
        own += weight
        sum += Double(weight) * ranks[Int(levels[place])]
      }
      let rank = Double(below) + Double(own + 1) / 2 - middle
      product += rank * sum
      squares += Double(own) * rank * rank
      below += own
      start = Int(end)
    }
    for (total, rank) in zip(totals, ranks) { otherSquares += Double(total) * rank * rank }
    return Self.cosine(product, squares, otherSquares)
  }

  /// Pearson's r.
  func pearson(_ counts: [Int32]) -> Double? {
    let weights = groups.map { Double(counts[Int($0)]) }
    guard let first = Self.centred(first, weights), let second = Self.centred(second, weights) else {
      return nil
    }
    var (product, squares, otherSquares) = (0.0, 0.0, 0.0)
    for index in weights.indices {
      let weight = weights[index]
      product += weight * first[index] * second[index]
      squares += weight * first[index] * first[index]
      otherSquares += weight * second[index] * second[index]
    }
    return Self.cosine(product, squares, otherSquares)
  }

  private static func cosine(_ product: Double, _ squares: Double, _ otherSquares: Double) -> Double? {
    guard squares > 0, otherSquares > 0 else { return nil }
    return min(1, max(-1, product / (squares.squareRoot() * otherSquares.squareRoot())))
  }

  /// The differences from the mean, on a scale on which no square overflows or vanishes; nil where all numbers that
  /// count are equal.
  private static func centred(_ values: [Double], _ weights: [Double]) -> [Double]? {
    var lowest = Double.infinity
    var highest = -Double.infinity
    for (value, weight) in zip(values, weights) where weight > 0 {
      lowest = min(lowest, value)
      highest = max(highest, value)
    }
    guard lowest < highest else { return nil }
    // Halved first, so that the difference of the largest numbers does not overflow.
    let centre = lowest / 2 + highest / 2
    let extent = max(highest / 2 - lowest / 2, .leastNormalMagnitude)
    let scaled = values.map { ($0 / 2 - centre / 2) / extent }
    var (sum, count) = (0.0, 0.0)
    for (value, weight) in zip(scaled, weights) {
      sum += weight * value
      count += weight
    }
    return scaled.map { $0 - sum / count }
  }
}
