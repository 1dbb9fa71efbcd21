/// The pairs of tokens that merge: a hash table from two ids to a rank and the id of the whole.
struct MergeTable: Sendable {
  /// What a pair becomes.
  struct Merge: Sendable {
    /// Its place in the list of merges; the lowest goes first.
    var rank: Int32
    /// The merged token.
    var id: Int32
  }

  private struct Slot: Sendable {
    var pair: UInt64
    var merge: Merge
  }

  /// The rank of a pair that does not merge.
  static let never = Merge(rank: Int32.max, id: -1)

  private static let free = UInt64.max
  private var slots: [Slot]
  private(set) var count = 0

  /// Creates an empty table with room for `count` merges.
  init(expecting count: Int) {
    var size = 1024
    while size < count * 2, size < 1 << 24 { size *= 2 }
    slots = [Slot](repeating: Slot(pair: Self.free, merge: Self.never), count: size)
  }

  /// What `left` and `right` merge to; ``never`` where they do not.
  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> Merge {
    let pair = Self.pair(left, right)
    var slot = Self.hash(pair) & (slots.count - 1)
    while true {
      let found = slots[slot]
      if found.pair == pair { return found.merge }
      if found.pair == Self.free { return Self.never }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  /// Adds a merge; a pair that is there already takes the later rank, as in the reference.
  mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
    if (count + 1) * 2 > slots.count { grow() }
    let slot = slot(of: Self.pair(left, right))
    if slots[slot].pair == Self.free { count += 1 }
    slots[slot] = Slot(pair: Self.pair(left, right), merge: merge)
  }

  private func slot(of pair: UInt64) -> Int {
    var slot = Self.hash(pair) & (slots.count - 1)
    while slots[slot].pair != pair, slots[slot].pair != Self.free { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(pair: Self.free, merge: Self.never), count: old.count * 2)
    for entry in old where entry.pair != Self.free { slots[slot(of: entry.pair)] = entry }
  }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private static func hash(_ pair: UInt64) -> Int {
    let mixed = (pair ^ (pair >> 32)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 40)
  }
}
