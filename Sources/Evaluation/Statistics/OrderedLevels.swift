/// The different values in a list of numbers, in order, and which of them each number is.
struct OrderedLevels: Sendable {
  /// How many different values there are.
  let count: Int
  /// For each number of the list, how many different values are smaller.
  let levels: [Int32]

  init(_ values: [Double]) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var levels = [Int32](repeating: 0, count: values.count)
    var level: Int32 = -1
    var last = Double.nan
    for index in order {
      if values[index] != last { level += 1 }
      last = values[index]
      levels[index] = level
    }
    count = Int(level) + 1
    self.levels = levels
  }

  /// The indices of the numbers from the smallest to the largest, equal ones in the order of the list, and where
  /// each run of equal ones ends.
  func order() -> (indices: [Int], runEnds: [Int32]) {
    var ends = [Int32](repeating: 0, count: count)
    for level in levels { ends[Int(level)] += 1 }
    for level in ends.indices.dropFirst() { ends[level] += ends[level - 1] }
    var next = ends
    var indices = [Int](repeating: 0, count: levels.count)
    for index in levels.indices.reversed() {
      let level = Int(levels[index])
      next[level] -= 1
      indices[Int(next[level])] = index
    }
    return (indices, ends)
  }
}
