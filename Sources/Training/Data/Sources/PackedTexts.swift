/// Many short texts in one stretch of memory: millions of ids and captions cost their bytes and eight more each.
package struct PackedTexts: Sendable {
  private(set) var bytes: [UInt8] = []
  private var ends: [Int] = []

  /// No texts.
  package init() {}

  /// The number of texts.
  package var count: Int { ends.count }

  /// The text of a row; empty where there is none.
  package subscript(row: Int) -> String {
    guard ends.indices.contains(row) else { return "" }
    return String(decoding: bytes[(row == 0 ? 0 : ends[row - 1])..<ends[row]], as: UTF8.self)
  }

  /// Adds a text at the end.
  package mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    ends.append(bytes.count)
  }

  /// Adds all texts of another table at the end.
  package mutating func append(contentsOf other: PackedTexts) {
    let start = bytes.count
    bytes.append(contentsOf: other.bytes)
    ends.append(contentsOf: other.ends.lazy.map { $0 + start })
  }
}

/// A 64-bit FNV-1a hash, which is the same on every machine.
struct Fingerprint {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  mutating func add(_ number: Int) {
    withUnsafeBytes(of: Int64(number).littleEndian) { add($0) }
  }
}
