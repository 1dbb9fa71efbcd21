/// Tokens and their ids: one block of bytes and a hash table into it.
struct TokenTable: Sendable {
  /// The UTF-8 of all tokens, end to end.
  private(set) var text: [UInt8] = []
  /// Where each token starts in the block; one more for the end of the last.
  private var starts: [Int] = [0]
  private var ids: [Int32] = []
  /// The upper half of the token's hash, and its entry plus one; zero where the slot is free.
  private var slots: [UInt64]
  private var entryOfID: [Int32] = []

  /// Creates an empty vocabulary with room for about `count` tokens.
  init(expecting count: Int, bytes: Int) {
    slots = [UInt64](repeating: 0, count: Self.slotCount(for: count))
    text.reserveCapacity(bytes)
    starts.reserveCapacity(count + 1)
    ids.reserveCapacity(count)
    entryOfID.reserveCapacity(count)
  }

  /// The number of tokens.
  var count: Int { ids.count }

  /// One more than the highest id.
  var idCount: Int { entryOfID.count }

  /// The largest id that a vocabulary may have; far above any, it bounds what a damaged file can make us allocate.
  static let largestID = (1 << 22) - 1

  /// Why a token was not taken.
  enum Refusal {
    case repeatedToken
    case repeatedID
    case idOutOfRange

    /// What should have been there, for a message.
    var expected: String {
      switch self {
      case .repeatedToken: "a token that is not there yet"
      case .repeatedID: "an id of its own"
      case .idOutOfRange: "an id from 0 to \(TokenTable.largestID)"
      }
    }
  }

  /// Adds a token: `write` appends its bytes to the block and returns its id.
  mutating func insert(_ write: (inout [UInt8]) throws -> Int) rethrows -> Refusal? {
    let start = text.count
    let id = try write(&text)
    guard id >= 0, id <= Self.largestID else { return .idOutOfRange }
    if (ids.count + 1) * 2 > slots.count { grow() }
    let (slot, entry, tag) = text.withUnsafeBufferPointer { text in
      find(UnsafeBufferPointer(rebasing: text[start...]), UnsafeBufferPointer(rebasing: text[text.count...]))
    }
    guard entry == nil else { return .repeatedToken }
    while entryOfID.count <= id { entryOfID.append(-1) }
    guard entryOfID[id] < 0 else { return .repeatedID }
    slots[slot] = tag | UInt64(ids.count + 1)
    entryOfID[id] = Int32(ids.count)
    ids.append(Int32(id))
    starts.append(text.count)
    return nil
  }

  /// The id of the token whose bytes are `first` followed by `second`.
  ///
  /// `guess` is an id to try before searching: lists of merges mostly make one token after the other.
  func id(
    of first: UnsafeBufferPointer<UInt8>,
    _ second: UnsafeBufferPointer<UInt8> = UnsafeBufferPointer(start: nil, count: 0),
    guess: Int32 = -1
  ) -> Int32? {
    if guess >= 0, Int(guess) < entryOfID.count, entryOfID[Int(guess)] >= 0,
      text.withUnsafeBufferPointer({ holds($0, Int(entryOfID[Int(guess)]), first, second) })
    {
      return guess
    }
    return find(first, second).entry.map { ids[$0] }
  }

  /// The id of a token.
  func id(of token: String) -> Int32? {
    var token = token
    return token.withUTF8 { id(of: $0) }
  }

  /// The bytes of the token with this id.
  func bytes(of id: Int32) -> ArraySlice<UInt8>? {
    guard id >= 0, Int(id) < entryOfID.count, entryOfID[Int(id)] >= 0 else { return nil }
    let entry = Int(entryOfID[Int(id)])
    return text[starts[entry]..<starts[entry + 1]]
  }

  /// The slot where a token is or should go, its entry if it is there, and the part of its hash that a slot keeps.
  private func find(
    _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>
  ) -> (slot: Int, entry: Int?, tag: UInt64) {
    let hash = Self.hash(first, second)
    let tag = hash & ~0xFFFF_FFFF
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    return slots.withUnsafeBufferPointer { slots in
      text.withUnsafeBufferPointer { text in
        while slots[slot] != 0 {
          let entry = Int(slots[slot] & 0xFFFF_FFFF) - 1
          if slots[slot] & ~0xFFFF_FFFF == tag, holds(text, entry, first, second) {
            return (slot, entry, tag)
          }
          slot = (slot + 1) & (slots.count - 1)
        }
        return (slot, nil, tag)
      }
    }
  }

  /// Whether the token of `entry` is `first` followed by `second`.
  @inline(__always)
  private func holds(
    _ text: UnsafeBufferPointer<UInt8>, _ entry: Int, _ first: UnsafeBufferPointer<UInt8>,
    _ second: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let start = starts[entry]
    return starts[entry + 1] - start == first.count + second.count && Self.equal(text, start, first)
      && Self.equal(text, start + first.count, second)
  }

  @inline(__always)
  private static func equal(
    _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ token: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    for index in 0..<token.count where text[start + index] != token[index] { return false }
    return true
  }

  /// FNV-1a, folded so that the low bits depend on all.
  @inline(__always)
  private static func hash(_ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>)
    -> UInt64
  {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in first { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    for byte in second { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash ^ (hash >> 29)
  }

  private mutating func grow() {
    slots = [UInt64](repeating: 0, count: slots.count * 2)
    for entry in ids.indices {
      let (slot, _, tag) = text.withUnsafeBufferPointer { text in
        find(
          UnsafeBufferPointer(rebasing: text[starts[entry]..<starts[entry + 1]]),
          UnsafeBufferPointer(rebasing: text[text.count...]))
      }
      slots[slot] = tag | UInt64(entry + 1)
    }
  }

  private static func slotCount(for count: Int) -> Int {
    var slots = 1024
    while slots < count * 2, slots < 1 << 24 { slots *= 2 }
    return slots
  }
}
