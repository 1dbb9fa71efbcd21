/// The classes that characters outside ASCII fall into. An ASCII character is its own class.
enum CharacterClass {
  static let letter: UInt8 = 128
  static let mark: UInt8 = 129
  static let digit: UInt8 = 130
  static let noBreakSpace: UInt8 = 131
  static let space: UInt8 = 132
  static let newline: UInt8 = 133
  static let softHyphen: UInt8 = 134
  static let hyphen: UInt8 = 135
  static let numericSeparator: UInt8 = 136
  static let dash: UInt8 = 137
  static let apostrophe: UInt8 = 138
  static let singleOpeningQuote: UInt8 = 139
  static let singleAngleQuote: UInt8 = 140
  static let doubleQuote: UInt8 = 141
  static let lowQuote: UInt8 = 142
  static let superscript: UInt8 = 143
  static let subscriptDigit: UInt8 = 144
  static let scriptSign: UInt8 = 145
  static let fractionSlash: UInt8 = 146
  static let ellipsis: UInt8 = 147
  static let ideographicComma: UInt8 = 148
  static let symbol: UInt8 = 149
  static let nextLine: UInt8 = 150
  static let capital: UInt8 = 151
  static let unknown: UInt8 = 152

  /// The class of every UTF-16 unit.
  static let table: [UInt8] = {
    var table = [UInt8](repeating: unknown, count: 65536)
    for unit in 0..<128 { table[unit] = UInt8(unit) }
    func assign(_ runs: [(UInt16, UInt16)], _ value: UInt8) {
      for (first, last) in runs { for unit in first...last { table[Int(unit)] = value } }
    }
    assign(CharacterRanges.letters, letter)
    assign(CharacterRanges.marks, mark)
    assign(CharacterRanges.digits, digit)
    assign(CharacterRanges.symbols, symbol)
    // Capitals are in the scripts below and, for those of full width, at the end of the plane.
    for unit in [0x80..<0x2E00, 0xA640..<0xA800, 0xFF21..<0xFF3B].joined() where table[unit] == letter {
      if Unicode.Scalar(UInt16(unit))?.properties.generalCategory == .uppercaseLetter,
        !cherokee.contains(unit)
      {
        table[unit] = capital
      }
    }
    for (value, units) in few { for unit in units { table[Int(unit)] = value } }
    return table
  }()

  /// These became capitals after the tokenizer's tables were made.
  private static let cherokee = 0x13A0..<0x1400

  /// The classes with few members.
  private static let few: [(UInt8, [UInt16])] = [
    (noBreakSpace, [0xA0]),
    (space, Array(0x2000...0x200A) + [0x3000]),
    (newline, [0x2028, 0x2029]),
    (softHyphen, [0xAD]),
    (hyphen, [0x058A, 0x2010, 0x2011]),
    (numericSeparator, [0x066B, 0x066C]),
    (dash, [0x96, 0x97, 0x2013, 0x2014, 0x2015]),
    (apostrophe, [0x92, 0x2019]),
    (singleOpeningQuote, [0x91, 0x2018, 0x201B]),
    (singleAngleQuote, [0x2039, 0x203A]),
    (doubleQuote, [0x93, 0x94, 0xAB, 0xBB, 0x201C, 0x201D]),
    (lowQuote, [0x201A, 0x201E, 0x201F]),
    (superscript, [0xB2, 0xB3, 0xB9, 0x2070] + Array(0x2074...0x2079)),
    (subscriptDigit, Array(0x2080...0x2089)),
    (scriptSign, [0x207A, 0x207B, 0x208A, 0x208B]),
    (fractionSlash, [0x2044]),
    (ellipsis, [0x2026]),
    (nextLine, [0x85]),
    (ideographicComma, [0x3001]),
    (symbol, [0x80, 0xA2, 0xA3, 0xA4, 0x20A0, 0x20AC, 0xBC, 0xBD, 0xBE, 0x2153, 0x2154]),
  ]

  /// What a backslash before a letter stands for in `PTBRules`.
  static let escapes: [UInt8: SymbolSet] = {
    let spaces: [UInt8] = [32, 9, noBreakSpace, space]
    let newlines: [UInt8] = [10, 11, 12, 13, newline, nextLine]
    let asciiLetters =
      Array(UInt8(ascii: "A")...UInt8(ascii: "Z")) + Array(UInt8(ascii: "a")...UInt8(ascii: "z"))
    let asciiDigits = Array(UInt8(ascii: "0")...UInt8(ascii: "9"))
    let sets: [Character: [UInt8]] = [
      "a": asciiLetters + [letter, capital],
      "l": asciiLetters + [letter, capital, mark, softHyphen],
      "d": asciiDigits + [digit],
      "s": spaces,
      "t": [9],
      "r": [13],
      "f": [12],
      "z": [noBreakSpace],
      "n": [10],
      "w": spaces + newlines,
      "j": Array(UInt8(ascii: "A")...UInt8(ascii: "Z")) + [capital],
      "h": [softHyphen],
      "y": [hyphen],
      "m": [numericSeparator],
      "b": [dash],
      "q": [39, apostrophe],
      "p": [39, 96, apostrophe, singleOpeningQuote],
      "k": [96, apostrophe, singleOpeningQuote, singleAngleQuote, doubleQuote, lowQuote],
      "u": [superscript],
      "v": [subscriptDigit],
      "g": [scriptSign],
      "c": [fractionSlash],
      "e": [ellipsis, nextLine],
      "i": [ideographicComma],
      "x": [symbol, scriptSign, fractionSlash],
    ]
    var escapes: [UInt8: SymbolSet] = [:]
    for (name, symbols) in sets { if let ascii = name.asciiValue { escapes[ascii] = SymbolSet(symbols) } }
    return escapes
  }()
}
