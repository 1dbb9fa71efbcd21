/// A random generator whose sequence follows from a few numbers and from nothing else.
///
/// It is SplitMix64 (Steele, Lea and Flood 2014) begun at a mixture of the key: two generators with the same key give
/// the same numbers on every machine and thread, and two with different keys have nothing to do with each other. So
/// what happens to an item depends on (seed, epoch, item, purpose) alone. One that is encoded and decoded goes on where it was.
public struct DataRandom: RandomNumberGenerator, Codable, Sendable {
  /// What the numbers are for; each purpose has a sequence of its own.
  public enum Purpose: UInt64, Sendable {
    /// The order of an epoch.
    case order = 1
    /// Which of an item's captions is taken.
    case caption = 2
    /// The changes to an item's image.
    case image = 3
    /// Anything else: dropout, sampling.
    case other = 4
  }

  private var state: UInt64

  /// The generator of a key.
  public init(seed: UInt64, epoch: Int = 0, item: Int = 0, purpose: Purpose) {
    state = Self.mix(seed)
    for part in [UInt64(bitPattern: Int64(epoch)), UInt64(bitPattern: Int64(item)), purpose.rawValue] {
      state = Self.mix(state ^ Self.mix(part &+ 0x9E37_79B9_7F4A_7C15))
    }
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// A number in 0..<1, with 24 random bits.
  public mutating func unit() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// A number in 0..<`bound` without bias (Lemire 2019); 0 where `bound` is below 1.
  public mutating func below(_ bound: Int) -> Int {
    guard bound > 1 else { return 0 }
    let bound = UInt64(bound)
    var (high, low) = next().multipliedFullWidth(by: bound)
    if low < bound {
      let least = (0 &- bound) % bound
      while low < least { (high, low) = next().multipliedFullWidth(by: bound) }
    }
    return Int(high)
  }

  /// A number in `range`.
  public mutating func uniform(in range: ClosedRange<Float>) -> Float {
    range.lowerBound + unit() * (range.upperBound - range.lowerBound)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
