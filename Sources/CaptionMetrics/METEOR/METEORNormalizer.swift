import Foundation

/// METEOR's `-norm` for English: takes punctuation off words, evens out quotes and dashes, and lowers the case.
///
/// The steps replace what they find from left to right without overlaps, in METEOR's order, which shows in strings
/// such as `i'j'k` (`i 'j'k`).
struct METEORNormalizer {
  /// Words that keep the point behind them.
  private let abbreviations: Set<[UInt8]>
  /// Words that keep it before a number.
  private let numberAbbreviations: Set<[UInt8]>

  init(_ table: METEORTable) {
    abbreviations = table.abbreviations
    numberAbbreviations = table.numberAbbreviations
  }

  /// The words of `text`, with one space between.
  func normalize(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    if bytes.allSatisfy(Self.isPlain) { return bytes }
    var line = NormalizedLine(text)
    line.mapSpacesAndQuotes()
    line.splitSymbols()
    line.splitPoints()
    line.splitCommas()
    line.splitApostrophes()
    line.splitHyphens()
    return words(line.words)
  }

  /// What pycocoevalcap does to a candidate before.
  static func cleaned(_ candidate: String) -> String {
    guard candidate.utf8.contains(where: { $0 == UInt8(ascii: "|") || $0 == UInt8(ascii: " ") }) else {
      return candidate
    }
    let bytes = Array(candidate.utf8)
    let withoutBars = Self.replacing("|||", by: "", in: bytes)
    return String(decoding: Self.replacing("  ", by: " ", in: withoutBars), as: UTF8.self)
  }

  /// What of a reference the jar takes for references of their own.
  static func splitAtBars(_ reference: String) -> [String] {
    guard reference.utf8.contains(UInt8(ascii: "|")), reference.contains("|||") else { return [reference] }
    return reference.components(separatedBy: "|||")
  }

  private static func replacing(_ text: String, by other: String, in bytes: [UInt8]) -> [UInt8] {
    let text = Array(text.utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index...].starts(with: text) {
        result += Array(other.utf8)
        index += text.count
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") || byte == UInt8(ascii: " ")
      || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  /// Takes the point off the end of words that do not keep it, and puts all in lower case.
  private func words(_ words: [ArraySlice<UInt32>]) -> [UInt8] {
    var result: [[UInt8]] = []
    for (index, word) in words.enumerated() {
      let next = index + 1 < words.count ? words[index + 1].first : nil
      result += parts(word, next: next)
    }
    // The line is trimmed of spaces and controls there.
    func isControls(_ word: [UInt8]) -> Bool { word.allSatisfy { $0 <= 0x20 } }
    while let last = result.last, isControls(last) { result.removeLast() }
    let first = result.firstIndex { !isControls($0) } ?? result.endIndex
    return Array(result[first...].joined(separator: CollectionOfOne(UInt8(ascii: " "))))
  }

  private func parts(_ word: ArraySlice<UInt32>, next: UInt32?) -> [[UInt8]] {
    typealias Line = NormalizedLine
    guard word.last == Line.point, word.contains(where: { $0 != Line.point }) else {
      return [Self.lower(word)]
    }
    let stem = word.dropLast()
    if stem.contains(Line.point), stem.contains(where: Line.isLetter) {
      return [Self.lower(word.filter { $0 != Line.point }[...])]
    }
    let bytes = Self.utf8(stem)
    let keepsPoint =
      abbreviations.contains(bytes) || next.map { $0 >= 0x61 && $0 <= 0x7A } ?? false
      || numberAbbreviations.contains(bytes) && next.map(Line.isDigit) ?? false
    return keepsPoint ? [Self.lower(word)] : [Self.lower(stem), [UInt8(ascii: ".")]]
  }

  private static func text(_ word: ArraySlice<UInt32>) -> String {
    var text = ""
    for value in word { if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) } }
    return text
  }

  private static func utf8(_ word: ArraySlice<UInt32>) -> [UInt8] { Array(text(word).utf8) }
  private static func lower(_ word: ArraySlice<UInt32>) -> [UInt8] { Array(text(word).lowercased().utf8) }
}

/// A line between the steps of the normalisation, as Unicode scalars.
private struct NormalizedLine {
  private var line: [UInt32]

  init(_ text: String) { line = [Self.space] + text.unicodeScalars.map(\.value) + [Self.space] }

  var words: [ArraySlice<UInt32>] { line.split(separator: Self.space) }

  static let space: UInt32 = 0x20
  static let point: UInt32 = 0x2E
  private static let comma: UInt32 = 0x2C
  private static let apostrophe: UInt32 = 0x27
  private static let quote: UInt32 = 0x22
  private static let hyphen: UInt32 = 0x2D
  private static let enDash: UInt32 = 0x2013

  static func isDigit(_ scalar: UInt32) -> Bool { scalar >= 0x30 && scalar <= 0x39 }

  /// Latin and Cyrillic letters; those of other scripts count as symbols.
  static func isLetter(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x41...0x5A, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x17E: true
    case 0x400...0x527, 0x1D00...0x1D7F, 0xA640...0xA69F: true
    default: false
    }
  }

  private static func isSymbol(_ scalar: UInt32) -> Bool {
    switch scalar {
    case space, point, comma, apostrophe, hyphen, 0x0B: false
    default: !isLetter(scalar) && !isDigit(scalar)
    }
  }

  mutating func mapSpacesAndQuotes() {
    for index in line.indices {
      switch line[index] {
      case 0x09, 0x0A, 0x0C, 0x0D, 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: line[index] = Self.space
      case 0x2018, 0x2019, 0x60: line[index] = Self.apostrophe
      case 0x201C, 0x201D: line[index] = Self.quote
      default: break
      }
    }
    replacePairs(of: Self.apostrophe, by: Self.quote)
  }

  mutating func splitSymbols() {
    var result: [UInt32] = []
    for scalar in line {
      if scalar == Self.enDash {
        result += [Self.space, Self.hyphen, Self.space]
      } else if Self.isSymbol(scalar) {
        result += [Self.space, scalar, Self.space]
      } else {
        result.append(scalar)
      }
    }
    line = result
  }

  /// Puts spaces around two points or more.
  mutating func splitPoints() {
    var result: [UInt32] = []
    var index = 0
    while index < line.count {
      let end = line[index...].firstIndex { $0 != Self.point } ?? line.count
      if end - index >= 2 {
        result.append(Self.space)
        result += line[index..<end]
        result.append(Self.space)
        index = end
      } else {
        result.append(line[index])
        index += 1
      }
    }
    line = result
  }

  mutating func splitCommas() {
    let spaced = [Self.space, Self.comma, Self.space]
    replace(Self.comma, by: spaced, after: { !Self.isDigit($0) }, before: { !Self.isDigit($0) })
    replace(Self.comma, by: spaced, after: Self.isDigit, before: { !Self.isDigit($0) })
    replace(Self.comma, by: spaced, after: { !Self.isDigit($0) }, before: Self.isDigit)
  }

  mutating func splitApostrophes() {
    let spaced = [Self.space, Self.apostrophe, Self.space]
    let beginning = [Self.space, Self.apostrophe]
    replacePairs(of: Self.hyphen, by: Self.hyphen)
    replace(Self.apostrophe, by: spaced, after: { !Self.isLetter($0) }, before: { !Self.isLetter($0) })
    replace(
      Self.apostrophe, by: spaced, after: { !Self.isLetter($0) && !Self.isDigit($0) }, before: Self.isLetter)
    replace(Self.apostrophe, by: spaced, after: Self.isLetter, before: { !Self.isLetter($0) })
    replace(Self.apostrophe, by: beginning, after: Self.isLetter, before: Self.isLetter)
    replace(Self.apostrophe, by: beginning, after: Self.isDigit, before: { $0 == 0x73 })
  }

  mutating func splitHyphens() {
    replace(
      Self.hyphen, by: [Self.space],
      after: { Self.isLetter($0) || Self.isDigit($0) || $0 == Self.point },
      before: { Self.isLetter($0) || Self.isDigit($0) })
  }

  private mutating func replacePairs(of scalar: UInt32, by other: UInt32) {
    var result: [UInt32] = []
    var index = 0
    while index < line.count {
      if line[index] == scalar, index + 1 < line.count, line[index + 1] == scalar {
        result.append(other)
        index += 2
      } else {
        result.append(line[index])
        index += 1
      }
    }
    line = result
  }

  /// Replaces `scalar` between two that fit; what stood behind one is not what stands before the next.
  private mutating func replace(
    _ scalar: UInt32, by replacement: [UInt32], after: (UInt32) -> Bool, before: (UInt32) -> Bool
  ) {
    guard line.contains(scalar) else { return }
    var result: [UInt32] = []
    var index = 0
    while index < line.count {
      if index + 2 < line.count, line[index + 1] == scalar, after(line[index]), before(line[index + 2]) {
        result.append(line[index])
        result += replacement
        result.append(line[index + 2])
        index += 3
      } else {
        result.append(line[index])
        index += 1
      }
    }
    line = result
  }
}
