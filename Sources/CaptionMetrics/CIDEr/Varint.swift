/// Writes numbers seven bits a byte, the low ones first.
struct VarintWriter {
  var bytes: [UInt8]

  mutating func write(_ number: Int) {
    var rest = UInt64(max(0, number))
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// FNV-1a.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}

/// Reads what `VarintWriter` wrote, and trusts none of it.
struct VarintReader {
  private let bytes: ArraySlice<UInt8>
  private let name: String
  private var position: Int

  init(bytes: ArraySlice<UInt8>, name: String) {
    self.bytes = bytes
    self.name = name
    position = bytes.startIndex
  }

  var isAtEnd: Bool { position == bytes.endIndex }

  func damage(_ reason: String) -> NGramMetricError {
    .damagedFile(name, offset: position - bytes.startIndex, reason: reason)
  }

  mutating func expect(_ magic: [UInt8]) throws {
    guard bytes[position...].starts(with: magic) else { throw damage("another kind of file") }
    position += magic.count
  }

  mutating func number(from lowest: Int = 0, upTo highest: Int, _ what: String) throws -> Int {
    var value = 0
    for shift in stride(from: 0, to: 63, by: 7) {
      guard position < bytes.endIndex else { throw damage("the end where a \(what) should be") }
      let byte = bytes[position]
      guard shift < 56 || byte < 0x40 else { throw damage("a \(what) out of range") }
      position += 1
      value |= Int(byte & 0x7F) << shift
      guard byte >= 0x80 else {
        guard value >= lowest, value <= highest else { throw damage("a \(what) out of range") }
        return value
      }
    }
    throw damage("a \(what) out of range")
  }

  /// A count of things of `bytesEach` bytes at least: no more than fit into what is left.
  mutating func count(bytesEach: Int, _ what: String) throws -> Int {
    try number(upTo: (bytes.endIndex - position) / bytesEach, what)
  }

  mutating func text(upTo longest: Int) throws -> ArraySlice<UInt8> {
    let length = try number(from: 1, upTo: min(longest, bytes.endIndex - position), "word's length")
    guard length <= bytes.endIndex - position else { throw damage("a word that is cut off") }
    let text = bytes[position..<(position + length)]
    guard String(validating: text, as: UTF8.self) != nil else { throw damage("a word that is not UTF-8") }
    position += length
    return text
  }
}
