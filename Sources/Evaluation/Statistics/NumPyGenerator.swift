/// NumPy's `default_rng(seed)`, number for number: a PCG64 (O'Neill 2014, XSL-RR with 128 bits of state) that is seeded by
/// NumPy's `SeedSequence`.
///
/// Resampling tests draw with it, so that they give the p-values of SacreBLEU, which draws with NumPy.
package struct NumPyGenerator: RandomNumberGenerator {
  private var state: UInt128
  private let increment: UInt128
  /// The upper half of a number whose lower half was taken.
  private var upperHalf: UInt32?
  private var bits: (rest: UInt32, count: Int) = (0, 0)

  private static let multiplier: UInt128 = 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645

  package init(seed: UInt64) {
    let words = SeedSequence(seed).words(8)
    func pair(_ index: Int) -> UInt64 { UInt64(words[2 * index]) | UInt64(words[2 * index + 1]) << 32 }
    let start = UInt128(pair(0)) << 64 | UInt128(pair(1))
    let stream = UInt128(pair(2)) << 64 | UInt128(pair(3))
    increment = stream << 1 | 1
    state = 0
    step()
    state &+= start
    step()
  }

  private mutating func step() { state = state &* Self.multiplier &+ increment }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    step()
    let folded = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
    let turn = UInt64(truncatingIfNeeded: state >> 122)
    return folded >> turn | folded << ((64 &- turn) & 63)
  }

  /// The next 32 bits: of 64, the lower half first.
  private mutating func next32() -> UInt32 {
    if let half = upperHalf {
      upperHalf = nil
      return half
    }
    let both: UInt64 = next()
    upperHalf = UInt32(truncatingIfNeeded: both >> 32)
    return UInt32(truncatingIfNeeded: both)
  }

  /// A number from 0 to below `bound`, as `integers(bound)` gives (Lemire 2019); 0 where the bound is less than 2.
  package mutating func integer(below bound: UInt32) -> UInt32 {
    guard bound > 1 else { return 0 }
    var product = UInt64(next32()) * UInt64(bound)
    if UInt32(truncatingIfNeeded: product) < bound {
      let threshold = (0 &- bound) % bound
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(next32()) * UInt64(bound) }
    }
    return UInt32(truncatingIfNeeded: product >> 32)
  }

  /// A coin, as `integers(2, dtype=bool)` gives, of which 32 are made of 32 bits.
  package mutating func coin() -> Bool {
    if bits.count == 0 { bits = (next32(), 32) } else { bits.rest >>= 1 }
    bits.count -= 1
    return bits.rest & 1 == 1
  }
}

/// NumPy's `SeedSequence` (O'Neill 2015) of one number.
private struct SeedSequence {
  private var pool = [UInt32](repeating: 0, count: 4)

  init(_ seed: UInt64) {
    let entropy = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32), 0, 0]
    var constant: UInt32 = 0x43B0_D7E5
    func hashed(_ value: UInt32) -> UInt32 {
      var value = value ^ constant
      constant = constant &* 0x931E_8875
      value = value &* constant
      return value ^ value >> 16
    }
    pool = entropy.map(hashed)
    for source in pool.indices {
      for target in pool.indices where target != source {
        let mixed = 0xCA01_F9DD &* pool[target] &- 0x4973_F715 &* hashed(pool[source])
        pool[target] = mixed ^ mixed >> 16
      }
    }
  }

  /// The first words that a generator is seeded with.
  func words(_ count: Int) -> [UInt32] {
    var constant: UInt32 = 0x8B51_F9DD
    return (0..<count).map { index in
      var value = pool[index % pool.count] ^ constant
      constant = constant &* 0x58F3_8DED
      value = value &* constant
      return value ^ value >> 16
    }
  }
}
