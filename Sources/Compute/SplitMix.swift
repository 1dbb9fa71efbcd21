/// SplitMix64 (Steele, Lea, Flood 2014): a small generator whose numbers are the same on every machine, and of which
/// as many can be had as there are threads.
package struct SplitMix: Sendable {
  private var state: UInt64

  /// The generator of a seed.
  package init(seed: UInt64) { state = seed }

  /// The generator of part `index` of the work under a seed, whatever thread does it.
  package init(seed: UInt64, part index: Int) {
    var base = SplitMix(seed: seed)
    state = base.next() &+ UInt64(truncatingIfNeeded: index) &* 0xD134_2543_DE82_EF95
  }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// A whole number from 0 up to, and without, `bound`; 0 where that is not above zero.
  package mutating func next(below bound: Int) -> Int {
    guard bound > 0 else { return 0 }
    return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// `count` different numbers from 0 up to, and without, `bound`, each set of them as likely as another, in order.
  package mutating func sample(_ count: Int, below bound: Int) -> [Int] {
    var taken: [Int] = []
    // One pass over all: each is taken with the share of those still wanted among those still to come.
    for index in 0..<max(0, bound) where next(below: bound - index) < count - taken.count {
      taken.append(index)
    }
    return taken
  }
}
