/// Little-endian 32-bit numbers in a mapped file.
///
/// Reading outside gives 0, and never ends the process.
struct TableNumbers: RandomAccessCollection, @unchecked Sendable {
  // Unchecked: the memory is read-only, and whoever holds this holds the mapping too.
  private let bytes: UnsafeRawBufferPointer
  let count: Int

  /// The numbers in `bytes`, which begin at a multiple of 4.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    count = bytes.count / 4
  }

  var startIndex: Int { 0 }
  var endIndex: Int { count }

  @inline(__always)
  subscript(index: Int) -> UInt32 {
    guard index >= 0, index < count else { return 0 }
    return UInt32(littleEndian: bytes.load(fromByteOffset: index * 4, as: UInt32.self))
  }

  /// The range that ends at the number `index` and begins at the one before.
  @inline(__always)
  func range(_ index: Int) -> Range<Int> {
    let start = index == 0 ? 0 : Int(self[index - 1])
    return start..<Swift.max(start, Int(self[index]))
  }

  /// Whether the numbers never fall and the last is `limit`.
  func areEnds(of limit: Int) -> Bool { areAscending(through: limit) && Int(self[count - 1]) == limit }

  /// Whether the numbers never fall and none is above `limit`.
  func areAscending(through limit: Int) -> Bool {
    var previous: UInt32 = 0
    for number in self {
      guard number >= previous else { return false }
      previous = number
    }
    return Int(previous) <= limit
  }

  /// Whether no number is above `limit`.
  func areAtMost(_ limit: Int) -> Bool {
    var largest: UInt32 = 0
    for number in self { largest = Swift.max(largest, number) }
    return Int(largest) <= limit
  }
}
