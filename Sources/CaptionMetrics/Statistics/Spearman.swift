/// The ranks of numbers, from 1 for the smallest; equal numbers share the mean of the places that they take.
///
/// What is not a number has no place among others: with one in it, all ranks are NaN.
public func meanRanks(_ values: [Double]) -> [Double] {
  var ranks = [Double](repeating: .nan, count: values.count)
  guard !values.contains(where: \.isNaN) else { return ranks }
  let order = values.indices.sorted { values[$0] < values[$1] }
  var start = 0
  while start < order.count {
    var end = start + 1
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    let rank = Double(start + end + 1) / 2
    for place in start..<end { ranks[order[place]] = rank }
    start = end
  }
  return ranks
}

/// Spearman's rank correlation: Pearson's over the mean ranks, as `scipy.stats.spearmanr` has it.
///
/// - Returns: −1…1; `nil` where it is not defined: fewer than two pairs, lists of different lengths, a list whose
///   numbers are all equal, or something that is not a number.
public func spearman(_ x: [Double], _ y: [Double]) -> Double? {
  pearson(meanRanks(x), meanRanks(y))
}

/// Pearson's correlation, with the means taken away first.
///
/// - Returns: −1…1; `nil` where it is not defined, as with ``spearman(_:_:)``.
public func pearson(_ x: [Double], _ y: [Double]) -> Double? {
  guard x.count == y.count, x.count > 1 else { return nil }
  let meanOfX = x.reduce(0, +) / Double(x.count)
  let meanOfY = y.reduce(0, +) / Double(y.count)
  var (product, squaresOfX, squaresOfY) = (0.0, 0.0, 0.0)
  for (x, y) in zip(x, y) {
    let (x, y) = (x - meanOfX, y - meanOfY)
    product += x * y
    squaresOfX += x * x
    squaresOfY += y * y
  }
  // Two roots: the product of the sums could leave the range of numbers.
  let scale = squaresOfX.squareRoot() * squaresOfY.squareRoot()
  guard scale > 0, scale.isFinite, product.isFinite else { return nil }
  return min(1, max(-1, product / scale))
}
