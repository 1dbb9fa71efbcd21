package import Compute

extension SplitMix {
  /// `count` different elements in random order, or all of them where there are fewer.
  package mutating func choose<T>(_ count: Int, of elements: [T]) -> [T] {
    var elements = elements
    let count = min(max(0, count), elements.count)
    for place in 0..<count { elements.swapAt(place, place + next(below: elements.count - place)) }
    return Array(elements.prefix(count))
  }

  /// `count` different numbers below `bound` that `isExcluded` leaves, or all of these where there are fewer, in ascending order.
  ///
  /// - Parameter excluded: how many numbers are excluded.
  package mutating func sample(
    _ count: Int, below bound: Int, excluded: Int, where isExcluded: (Int) -> Bool
  ) -> [Int] {
    guard count > 0, bound > 0 else { return [] }
    // Drawing again what is taken already is quick as long as half of all is left; otherwise all are listed.
    if count > (bound - excluded) / 2 {
      return choose(count, of: (0..<bound).filter { !isExcluded($0) }).sorted()
    }
    var taken = Set<Int>()
    while taken.count < count {
      let number = next(below: bound)
      if !isExcluded(number) { taken.insert(number) }
    }
    return taken.sorted()
  }
}
