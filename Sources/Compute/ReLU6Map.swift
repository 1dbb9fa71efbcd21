/// A map of numbers from 0 to 6, behind ReLU6, whose pixels are rows of channels: what a depthwise convolution reads.
package struct ReLU6Map {
  /// The first number.
  let start: UnsafeMutableRawPointer
  /// Whether the numbers are bytes, of which 255 stands for 6; f32 otherwise.
  let isOfBytes: Bool

  /// A map in memory that is large enough for it.
  package init(_ start: UnsafeMutableRawPointer, isOfBytes: Bool) {
    self.start = start
    self.isOfBytes = isOfBytes
  }

  /// The bytes of a number.
  package static func byteCount(isOfBytes: Bool) -> Int { isOfBytes ? 1 : 4 }

  /// The map from another number on.
  package func advanced(by count: Int) -> ReLU6Map {
    ReLU6Map(start + count * Self.byteCount(isOfBytes: isOfBytes), isOfBytes: isOfBytes)
  }

  /// Moves numbers to the beginning, over those that are there.
  package func moveToStart(from first: Int, count: Int) {
    let size = Self.byteCount(isOfBytes: isOfBytes)
    start.copyMemory(from: start + first * size, byteCount: count * size)
  }

  var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }
  var bytes: UnsafeMutablePointer<UInt8>? { isOfBytes ? start.assumingMemoryBound(to: UInt8.self) : nil }
}
