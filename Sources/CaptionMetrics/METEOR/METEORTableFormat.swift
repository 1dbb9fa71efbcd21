/// How the file of METEOR's tables is laid out: a header of fixed size, then sections of bytes or of little-endian
/// 32-bit numbers, each filled up with zeros to a multiple of 8.
///
/// | offset | what |
/// |---|---|
/// | 0 | `PLUMBMTR` |
/// | 8 | the version of the layout, 4 bytes |
/// | 12 | CRC-32 of everything behind the header, 4 bytes |
/// | 16 | SHA-256 of the sections but the first, 64 hexadecimal digits |
/// | 80 | offset and size in bytes of each section, 8 bytes each |
enum METEORTableFormat {
  static let magic = Array("PLUMBMTR".utf8)
  static let version: UInt32 = 1
  static let hashOffset = 16
  static let sectionsOffset = 80
  static var headerSize: Int { sectionsOffset + 16 * Section.allCases.count }

  /// The parts of the file, in their order.
  enum Section: Int, CaseIterable {
    /// Where the tables came from, as UTF-8.
    case source
    /// All words, end to end.
    case wordBytes
    /// Where each word ends in `wordBytes`.
    case wordEnds
    /// A hash table of words: 0 for an empty slot, else the word's number and 1.
    case wordSlots
    /// Where each word's synonym sets end in `synsets`.
    case synsetEnds
    case synsets
    /// Where the base forms of each irregular word end in `baseForms`.
    case baseFormEnds
    /// Numbers of words.
    case baseForms
    /// Numbers of words, ascending.
    case functionWords
    /// Numbers of words that keep the point behind them; those of words that do so before a number.
    case abbreviations
    case numberAbbreviations
    /// The last word of each phrase; the phrase 0 is empty.
    case phraseWords
    /// Where the phrases that are one word longer begin, with one number more at the end.
    case childStarts
    /// Where each phrase's paraphrases end in `paraphrases`.
    case paraphraseEnds
    /// Twice the number of a phrase, plus 1 where the entry of METEOR's table is that phrase's.
    case paraphrases
  }

  /// FNV-1a with the high bits mixed into the low.
  static func hash(_ word: some Sequence<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in word { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return Int(truncatingIfNeeded: (hash ^ (hash >> 29)) & 0x7FFF_FFFF)
  }
}
