/// A set of symbols: what the automata read in place of characters. A symbol is an ASCII code or one of the
/// classes that `CharacterClass` gives to the rest of Unicode.
struct SymbolSet: Hashable, Sendable {
  private var low: UInt64 = 0
  private var middle: UInt64 = 0
  private var high: UInt64 = 0

  /// How many symbols there are.
  static let alphabetSize = 160

  static let all: SymbolSet = {
    var set = SymbolSet()
    for symbol in 0..<alphabetSize { set.insert(UInt8(symbol)) }
    return set
  }()

  init(_ symbols: some Sequence<UInt8> = []) {
    for symbol in symbols { insert(symbol) }
  }

  mutating func insert(_ symbol: UInt8) {
    let bit = UInt64(1) << UInt64(symbol & 63)
    switch symbol >> 6 {
    case 0: low |= bit
    case 1: middle |= bit
    default: high |= bit
    }
  }

  func contains(_ symbol: UInt8) -> Bool {
    let word = symbol >> 6 == 0 ? low : symbol >> 6 == 1 ? middle : high
    return word >> UInt64(symbol & 63) & 1 == 1
  }

  func union(_ other: SymbolSet) -> SymbolSet {
    var set = self
    set.low |= other.low
    set.middle |= other.middle
    set.high |= other.high
    return set
  }

  func subtracting(_ other: SymbolSet) -> SymbolSet {
    var set = self
    set.low &= ~other.low
    set.middle &= ~other.middle
    set.high &= ~other.high
    return set
  }
}
