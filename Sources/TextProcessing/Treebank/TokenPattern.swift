/// A regular expression over symbols, as a tree.
indirect enum TokenPattern: Sendable {
  case set(SymbolSet)
  case sequence([TokenPattern])
  case choice([TokenPattern])
  /// `pattern` at least `minimum` times; without `maximum`, any number more.
  case repetition(TokenPattern, minimum: Int, maximum: Int?)

  static let empty = TokenPattern.sequence([])
}

/// Reads the notation that `PTBRules` is written in.
///
/// It is the usual one (`[a-z]`, `[^…]`, `(…|…)`, `*`, `+`, `?`, `{2,4}`) with four peculiarities: a letter stands for
/// itself in either case, unless it is in brackets; `<name>` stands for an earlier definition, a backslash before a
/// letter for a character class (see `CharacterClass.escapes`), and a backslash before anything else for that
/// character.
struct TokenPatternReader {
  private let text: [UInt8]
  private let definitions: [String: TokenPattern]
  private var position = 0

  /// The pattern that `text` denotes, with `<name>` looked up in `definitions`; nil where the text is malformed.
  static func pattern(_ text: String, _ definitions: [String: TokenPattern] = [:]) -> TokenPattern? {
    var reader = TokenPatternReader(text: Array(text.utf8), definitions: definitions)
    guard let pattern = reader.choice(), reader.position == reader.text.count else { return nil }
    return pattern
  }

  private init(text: [UInt8], definitions: [String: TokenPattern]) {
    self.text = text
    self.definitions = definitions
  }

  private var next: UInt8? { position < text.count ? text[position] : nil }

  private mutating func skip(_ character: Character) -> Bool {
    guard let next, next == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func take() -> UInt8? {
    guard let next else { return nil }
    position += 1
    return next
  }

  private mutating func choice() -> TokenPattern? {
    var alternatives: [TokenPattern] = []
    repeat {
      guard let alternative = sequence() else { return nil }
      alternatives.append(alternative)
    } while skip("|")
    return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
  }

  private mutating func sequence() -> TokenPattern? {
    var parts: [TokenPattern] = []
    while let next, next != UInt8(ascii: "|"), next != UInt8(ascii: ")") {
      guard let atom = atom(), let part = repeated(atom) else { return nil }
      parts.append(part)
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func repeated(_ atom: TokenPattern) -> TokenPattern? {
    if skip("*") { return .repetition(atom, minimum: 0, maximum: nil) }
    if skip("+") { return .repetition(atom, minimum: 1, maximum: nil) }
    if skip("?") { return .repetition(atom, minimum: 0, maximum: 1) }
    guard skip("{") else { return atom }
    guard let minimum = number() else { return nil }
    let maximum = skip(",") ? number() : minimum
    guard let maximum, maximum >= minimum, skip("}") else { return nil }
    return .repetition(atom, minimum: minimum, maximum: maximum)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let next, next >= 48, next <= 57, (value ?? 0) < 1000 {
      value = (value ?? 0) * 10 + Int(next - 48)
      position += 1
    }
    return value
  }

  private mutating func atom() -> TokenPattern? {
    guard let first = take() else { return nil }
    switch first {
    case UInt8(ascii: "("):
      guard let inner = choice(), skip(")") else { return nil }
      return inner
    case UInt8(ascii: "["): return bracket().map { .set($0) }
    case UInt8(ascii: "\\"): return escape().map { .set($0) }
    case UInt8(ascii: "<"):
      let start = position
      while let next, next != UInt8(ascii: ">") { position += 1 }
      let name = String(decoding: text[start..<position], as: UTF8.self)
      return skip(">") ? definitions[name] : nil
    case UInt8(ascii: "."): return .set(.all)
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"): return nil
    default:
      let isLetter = (first | 0x20) >= 97 && (first | 0x20) <= 122
      return .set(SymbolSet(isLetter ? [first | 0x20, first & 0xDF] : [first]))
    }
  }

  private mutating func escape() -> SymbolSet? {
    guard let letter = take() else { return nil }
    let isLetter = (letter | 0x20) >= 97 && (letter | 0x20) <= 122
    return isLetter ? CharacterClass.escapes[letter] : SymbolSet([letter])
  }

  private mutating func bracket() -> SymbolSet? {
    let negated = skip("^")
    var set = SymbolSet()
    while !skip("]") {
      guard let first = take() else { return nil }
      if first == UInt8(ascii: "\\") {
        guard let escaped = escape() else { return nil }
        set = set.union(escaped)
      } else if next == UInt8(ascii: "-"), position + 1 < text.count, text[position + 1] != UInt8(ascii: "]")
      {
        position += 1
        guard let last = take(), last >= first else { return nil }
        for symbol in first...last { set.insert(symbol) }
      } else {
        set.insert(first)
      }
    }
    return negated ? SymbolSet.all.subtracting(set) : set
  }
}
