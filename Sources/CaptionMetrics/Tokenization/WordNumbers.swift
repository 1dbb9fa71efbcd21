/// Numbers words, 0, 1, 2 …, in the order in which they come.
package struct WordNumbers: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private var slots: [Int32] = Array(repeating: -1, count: 1024)

  /// Makes an empty vocabulary.
  package init() {}

  /// How many words there are.
  package var count: Int { ends.count }

  /// The word with `number`, as UTF-8.
  package subscript(number: Int32) -> ArraySlice<UInt8> {
    let index = Int(number)
    guard index >= 0, index < ends.count else { return [] }
    return bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  /// The number of `word`, which is added if it is new.
  package mutating func number(of word: ArraySlice<UInt8>) -> Int32 {
    let slot = slot(of: word)
    if slots[slot] >= 0 { return slots[slot] }
    let number = Int32(truncatingIfNeeded: ends.count)
    bytes.append(contentsOf: word)
    ends.append(bytes.count)
    slots[slot] = number
    if ends.count * 2 > slots.count { grow() }
    return number
  }

  /// The number of `word`, or -1 where it is unknown.
  package func knownNumber(of word: ArraySlice<UInt8>) -> Int32 { slots[slot(of: word)] }

  private func slot(of word: ArraySlice<UInt8>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: Self.hash(word)) & mask
    while slots[slot] >= 0, self[slots[slot]] != word { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    for number in 0..<Int32(truncatingIfNeeded: ends.count) { slots[slot(of: self[number])] = number }
  }

  /// FNV-1a with the high bits mixed into the low.
  private static func hash(_ word: ArraySlice<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in word { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash ^ (hash >> 29)
  }
}
