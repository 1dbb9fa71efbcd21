/// Replaces HTML's character references, in the two ways that open_clip's cleaning does.
struct HTMLUnescaping: Sendable {
  private struct Entity {
    var scalars: [UInt32]
    /// Whether it is one without its semicolon too.
    var isLegacy: Bool
  }

  /// The table, made when the first ampersand comes.
  static let shared = HTMLUnescaping()

  private static let ampersand: UInt32 = 0x26
  private static let semicolon: UInt32 = 0x3B
  private static let hash: UInt32 = 0x23
  private static let replacement: UInt32 = 0xFFFD

  private let entities: [String: Entity]
  private let windows1252: [UInt32: [UInt32]]

  private init() {
    var entities: [String: Entity] = [:]
    CleaningTable.forEachEntry(CleaningTables.entities) { name, isMarked, scalars in
      entities[name] = Entity(scalars: scalars, isLegacy: isMarked)
    }
    self.entities = entities
    windows1252 = CleaningTable.replacements(CleaningTables.c1Controls)
  }

  /// As Python's `html.unescape`: HTML 5's rules, references without a semicolon included.
  func unescape(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(Self.ampersand) else { return text }
    return replaceReferences(in: text) { position in
      guard position < text.count else { return nil }
      return text[position] == Self.hash ? numeric(text, at: position + 1) : named(text, at: position)
    }
  }

  /// As ftfy: only references that end with a semicolon, but also names in capitals (`&EACUTE;`).
  func unescapeTerminated(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(Self.ampersand) else { return text }
    return replaceReferences(in: text) { position in
      let isNumeric = position < text.count && text[position] == Self.hash
      let start = position + (isNumeric ? 1 : 0)
      let length = text[min(start, text.count)...].prefix(25).prefix { Self.isASCIIAlphanumeric($0) }.count
      let end = start + length
      guard length >= 1, length <= 24, end < text.count, text[end] == Self.semicolon else { return nil }
      if isNumeric {
        guard let found = numeric(text, at: start), found.end == end + 1,
          !found.scalars.contains(Self.semicolon)
        else { return nil }
        return found
      }
      let name = Self.string(text[start..<end])
      return (entities[name]?.scalars ?? capitals(name)).map { ($0, end + 1) }
    }
  }

  /// What `&NAME;` means where only `&name;` is in the list.
  private func capitals(_ name: String) -> [UInt32]? {
    let lower = name.lowercased()
    guard lower != name, lower.uppercased() == name, let entity = entities[lower] else { return nil }
    let reference = "&\(name);".unicodeScalars.map(\.value)
    guard unescape(reference) == reference else { return nil }
    return Self.string(entity.scalars[...]).uppercased().unicodeScalars.map(\.value)
  }

  /// Calls `reference` with the position after each ampersand; it says what stands there and where it ends.
  private func replaceReferences(
    in text: [UInt32], reference: (Int) -> (scalars: [UInt32], end: Int)?
  ) -> [UInt32] {
    var output: [UInt32] = []
    output.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      if text[position] == Self.ampersand, let found = reference(position + 1) {
        output.append(contentsOf: found.scalars)
        position = found.end
      } else {
        output.append(text[position])
        position += 1
      }
    }
    return output
  }

  /// A number after `&#`, its semicolon if there is one.
  private func numeric(_ text: [UInt32], at start: Int) -> (scalars: [UInt32], end: Int)? {
    let isHexadecimal = start < text.count && (text[start] | 0x20) == 0x78
    let radix: UInt32 = isHexadecimal ? 16 : 10
    var position = start + (isHexadecimal ? 1 : 0)
    let firstDigit = position
    var value: UInt32 = 0
    while position < text.count, let digit = Self.digit(text[position], radix: radix) {
      value = min(value * radix + digit, 0x110000)  // what is past Unicode stays past it
      position += 1
    }
    guard position > firstDigit else { return nil }
    if position < text.count, text[position] == Self.semicolon { position += 1 }
    return (Self.character(value, windows1252: windows1252), position)
  }

  /// HTML 5's treatment of references to what is no character.
  private static func character(_ value: UInt32, windows1252: [UInt32: [UInt32]]) -> [UInt32] {
    switch value {
    case 0: return [replacement]
    case 0x0D: return [0x0D]
    case 0x80...0x9F: return windows1252[value] ?? [value]
    case 0xD800...0xDFFF, 0x110000...: return [replacement]
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0xFDD0...0xFDEF: return []
    default: return value & 0xFFFE == 0xFFFE ? [] : [value]
    }
  }

  /// A name after `&`: the whole of it, or the longest beginning that needs no semicolon.
  private func named(_ text: [UInt32], at start: Int) -> (scalars: [UInt32], end: Int)? {
    let stops: [UInt32] = [0x09, 0x0A, 0x0C, 0x20, 0x3C, Self.ampersand, Self.hash, Self.semicolon]
    let length = text[start...].prefix(32).prefix { !stops.contains($0) }.count
    guard length >= 1 else { return nil }
    let end = start + length
    if let entity = entities[Self.string(text[start..<end])] {
      if end < text.count, text[end] == Self.semicolon { return (entity.scalars, end + 1) }
      if entity.isLegacy { return (entity.scalars, end) }
    }
    for prefix in stride(from: length, to: 1, by: -1) {
      if let entity = entities[Self.string(text[start..<(start + prefix)])], entity.isLegacy {
        return (entity.scalars, start + prefix)
      }
    }
    return nil
  }

  private static func digit(_ scalar: UInt32, radix: UInt32) -> UInt32? {
    switch scalar {
    case 0x30...0x39: scalar - 0x30
    case 0x41...0x46 where radix == 16: scalar - 0x41 + 10
    case 0x61...0x66 where radix == 16: scalar - 0x61 + 10
    default: nil
    }
  }

  private static func isASCIIAlphanumeric(_ scalar: UInt32) -> Bool {
    scalar &- 0x30 < 10 || (scalar | 0x20) &- 0x61 < 26
  }

  private static func string(_ scalars: ArraySlice<UInt32>) -> String {
    var string = String.UnicodeScalarView()
    string.append(contentsOf: scalars.lazy.compactMap(Unicode.Scalar.init))
    return String(string)
  }
}

/// Reads the tables in ``CleaningTables``.
enum CleaningTable {
  /// Calls `body` with the name of each entry, whether it is marked, and the code points it becomes.
  static func forEachEntry(_ table: StaticString, body: (String, Bool, [UInt32]) -> Void) {
    for entry in table.description.split(whereSeparator: { $0 == "," || $0 == "\n" }) {
      guard let separator = entry.firstIndex(where: { $0 == " " || $0 == "!" }) else { continue }
      let scalars = entry[entry.index(after: separator)...].split(separator: "+").compactMap {
        UInt32($0, radix: 16)
      }
      body(String(entry[..<separator]), entry[separator] == "!", scalars)
    }
  }

  /// A table whose names are code points in hexadecimal.
  static func replacements(_ table: StaticString) -> [UInt32: [UInt32]] {
    var replacements: [UInt32: [UInt32]] = [:]
    forEachEntry(table) { name, _, scalars in
      if let scalar = UInt32(name, radix: 16) { replacements[scalar] = scalars }
    }
    return replacements
  }
}
