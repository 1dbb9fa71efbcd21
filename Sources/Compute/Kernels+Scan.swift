import CKernels

extension Kernels {
  /// Products of rows of f32 numbers, one after the other, by one query.
  package func scan(
    floats rows: UnsafePointer<Float>, count: Int, by query: UnsafePointer<Float>, width: Int,
    to scores: UnsafeMutablePointer<Float>
  ) {
    table.pointee.scan_floats(rows, count, width, query, scores)
  }

  /// Products of rows of f16 numbers, one after the other, by one query.
  package func scan(
    halves rows: UnsafePointer<UInt16>, count: Int, by query: UnsafePointer<Float>, width: Int,
    to scores: UnsafeMutablePointer<Float>
  ) {
    table.pointee.scan_halves(rows, count, width, query, scores)
  }

  /// Products of rows of signed bytes, one after the other, by one query.
  package func scan(
    bytes rows: UnsafePointer<Int8>, count: Int, by query: ByteQuery, to scores: UnsafeMutablePointer<Float>
  ) {
    var scan = plumb_byte_scan(
      rows: rows, count: count, width: query.width, high: query.high, low: query.low, scores: scores)
    table.pointee.scan_bytes(&scan)
    query.scale(scores, count: count)
  }
}

/// A query of 15 bits a number, in two bytes: rows of bytes are multiplied by it without a loss that would show beside their own.
package struct ByteQuery: Sendable {
  /// The number of numbers.
  package let width: Int
  fileprivate var high: UnsafePointer<Int8> { UnsafePointer(memory.bound(to: Int8.self)) }
  fileprivate var low: UnsafePointer<Int8> { high + padded }
  private let memory: AlignedBuffer
  private let padded: Int
  private let step: Float

  /// The largest number of a query: 128 · 127 + 64 would be the first that does not fit.
  private static let largest: Float = 16_256

  /// Takes a query of finite numbers. Throws ``ComputeError/outOfMemory(bytes:)``.
  package init(_ query: UnsafeBufferPointer<Float>) throws {
    width = query.count
    padded = (query.count + 63) / 64 * 64
    memory = try AlignedBuffer(byteCount: 2 * padded)
    let most = query.reduce(0) { max($0, abs($1)) }
    step = most / Self.largest
    let bytes = memory.bound(to: Int8.self)
    bytes.update(repeating: 0, count: 2 * padded)
    guard step > 0 else { return }
    for (place, number) in query.enumerated() {
      let whole = Int((number / step).rounded())
      let high = min(127, (whole + 64) >> 7)
      bytes[place] = Int8(clamping: high)
      bytes[padded + place] = Int8(clamping: whole - 128 * high)
    }
  }

  fileprivate func scale(_ scores: UnsafeMutablePointer<Float>, count: Int) {
    for row in 0..<count { scores[row] *= step }
  }
}
