/// Numbers n-grams: words keep their numbers, and a longer n-gram is numbered by the n-gram without its last word and
/// that word.
package struct NGramTable: Sendable {
  /// How many words the vocabulary has: the numbers below are words.
  package let wordCount: Int
  /// For each longer n-gram, less `wordCount`: the number of the n-gram without its last word.
  private(set) var parents: [Int32] = []
  /// For each longer n-gram, less `wordCount`: its last word.
  private(set) var lastWords: [Int32] = []
  private var slots: [Int32]

  /// Makes a table over a vocabulary of `wordCount` words, with no longer n-grams yet.
  package init(wordCount: Int, expecting expected: Int = 0) {
    self.wordCount = wordCount
    var size = 1024
    while size < expected * 2, size < 1 << 28 { size *= 2 }
    slots = Array(repeating: -1, count: size)
  }

  /// How many n-grams there are, words included.
  package var count: Int { wordCount + parents.count }

  /// The number of the n-gram `parent` + `word`, which is added if it is new.
  package mutating func number(_ parent: Int32, _ word: Int32) -> Int32 {
    let slot = slot(parent, word)
    if slots[slot] >= 0 { return slots[slot] }
    let number = Int32(truncatingIfNeeded: count)
    parents.append(parent)
    lastWords.append(word)
    slots[slot] = number
    if parents.count * 2 > slots.count { grow() }
    return number
  }

  /// The number of the n-gram `parent` + `word`, or -1 where it is unknown.
  package func knownNumber(_ parent: Int32, _ word: Int32) -> Int32 { slots[slot(parent, word)] }

  private func slot(_ parent: Int32, _ word: Int32) -> Int {
    let key = UInt64(UInt32(bitPattern: parent)) << 32 | UInt64(UInt32(bitPattern: word))
    var hash = key &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 32
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] >= 0 {
      let index = Int(slots[slot]) - wordCount
      if parents[index] == parent, lastWords[index] == word { break }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    for index in parents.indices {
      slots[slot(parents[index], lastWords[index])] = Int32(truncatingIfNeeded: wordCount + index)
    }
  }
}
