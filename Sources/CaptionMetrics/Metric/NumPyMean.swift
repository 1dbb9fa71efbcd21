extension [Double] {
  /// The mean, added up in the order that NumPy does, so that it comes out equal to the last bit; 0 where empty.
  var numpyMean: Double { isEmpty ? 0 : Self.pairwiseSum(self[...]) / Double(count) }

  /// NumPy's pairwise sum: runs of up to 128 values in eight lanes, longer ones in halves of whole eights.
  private static func pairwiseSum(_ values: ArraySlice<Double>) -> Double {
    let start = values.startIndex
    if values.count < 8 { return values.reduce(0, +) }
    if values.count > 128 {
      let half = values.count / 2 / 8 * 8
      return pairwiseSum(values.prefix(half)) + pairwiseSum(values.dropFirst(half))
    }
    var sums = Array(values.prefix(8))
    let whole = values.count / 8 * 8
    for i in stride(from: 8, to: whole, by: 8) {
      for lane in 0..<8 { sums[lane] += values[start + i + lane] }
    }
    var sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
    for i in whole..<values.count { sum += values[start + i] }
    return sum
  }
}
