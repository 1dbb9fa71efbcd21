/// Splits CSV and TSV into records, as RFC 4180 has it, with any delimiter and any kind of line break.
///
/// In a table with tabs a quote opens a quoted field only where that field also ends in a quote on its line:
/// such files are often written by hand, and captions begin with quotes.
package struct DelimitedScanner {
  /// A field before its quotes are resolved.
  package struct Field {
    package var range: Range<Int>
    /// Whether the field stood in quotes, which `range` leaves out.
    var isQuoted: Bool
  }

  /// What is wrong with a record.
  package struct Failure: Error {
    package var line: Int
    package var problem: String
  }

  let bytes: [UInt8]
  let delimiter: UInt8
  /// The line of the record that was read last.
  package private(set) var line = 0
  /// Where the next record begins.
  package private(set) var at = 0
  private var nextLine = 1

  package init(_ bytes: [UInt8], delimiter: UInt8) {
    self.bytes = bytes
    self.delimiter = delimiter
  }

  /// Reads a record into `fields`; blank lines are passed over. `false` at the end of the text.
  ///
  /// After a failure the scanner stands behind the line on which the record began.
  package mutating func next(_ fields: inout [Field]) throws(Failure) -> Bool {
    while at < bytes.count {
      line = nextLine
      fields.removeAll(keepingCapacity: true)
      let start = at
      do throws(Failure) {
        try readRecord(&fields)
      } catch {
        at = start
        nextLine = line
        skipLine()
        throw error
      }
      if fields.count != 1 || !fields.allSatisfy(isBlank) { return true }
    }
    return false
  }

  /// A field's text, or `nil` where it is not UTF-8.
  package func text(_ field: Field) -> String? {
    let raw = bytes[field.range]
    guard field.isQuoted, raw.contains(UInt8(ascii: "\"")) else {
      return String(validating: raw, as: UTF8.self)
    }
    var resolved: [UInt8] = []
    resolved.reserveCapacity(raw.count)
    var isPairOpen = false
    for byte in raw {
      let isSecondOfPair = byte == UInt8(ascii: "\"") && isPairOpen
      if !isSecondOfPair { resolved.append(byte) }
      isPairOpen = byte == UInt8(ascii: "\"") && !isPairOpen
    }
    return String(validating: resolved, as: UTF8.self)
  }

  private func isBlank(_ field: Field) -> Bool {
    !field.isQuoted && bytes[field.range].allSatisfy { $0 == 0x20 || $0 == 0x09 }
  }

  private mutating func readRecord(_ fields: inout [Field]) throws(Failure) {
    while true {
      fields.append(try readField())
      guard at < bytes.count else { return }
      if bytes[at] == delimiter {
        at += 1
        continue
      }
      skipLineBreak()
      return
    }
  }

  private mutating func readField() throws(Failure) -> Field {
    if at < bytes.count, bytes[at] == UInt8(ascii: "\""), let field = try readQuotedField() { return field }
    let start = at
    while at < bytes.count, bytes[at] != delimiter, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
    return Field(range: start..<at, isQuoted: false)
  }

  /// A field in quotes; `nil`, and nothing read, where the quotes of a table with tabs are part of its text.
  private mutating func readQuotedField() throws(Failure) -> Field? {
    let isLenient = delimiter == UInt8(ascii: "\t")
    let start = at + 1
    var scan = start
    var lineBreaks = 0
    while scan < bytes.count {
      switch bytes[scan] {
      case UInt8(ascii: "\""):
        if scan + 1 < bytes.count, bytes[scan + 1] == UInt8(ascii: "\"") {
          scan += 2
          continue
        }
        let isAtEnd = scan + 1 >= bytes.count
        guard isAtEnd || [delimiter, 0x0A, 0x0D].contains(bytes[scan + 1]) else {
          if isLenient { return nil }
          throw Failure(line: line, problem: "text follows a closing quote")
        }
        at = scan + 1
        nextLine += lineBreaks
        return Field(range: start..<scan, isQuoted: true)
      case 0x0A:
        if isLenient { return nil }
        lineBreaks += 1
      default: break
      }
      scan += 1
    }
    if isLenient { return nil }
    throw Failure(line: line, problem: "a quote is opened and never closed")
  }

  private mutating func skipLine() {
    while at < bytes.count, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
    if at < bytes.count { skipLineBreak() }
  }

  private mutating func skipLineBreak() {
    let isPair = bytes[at] == 0x0D && at + 1 < bytes.count && bytes[at + 1] == 0x0A
    at += isPair ? 2 : 1
    nextLine += 1
  }
}
