import CLIP
import Files

/// What rounding to bytes left of each row of an index, in four bits a number: with them the best hits of a search by bytes are brought into
/// the order that they have without rounding.
///
/// A number is its byte plus its remainder, in sixteenths of the byte's step. Two remainders share a byte, the first of them in its low half;
/// so a file's hole, which reads as zeros, means that nothing is known to be left.
package struct RowRemainders: @unchecked Sendable {
  // Unchecked: the memory is never written to, and `owner` keeps it alive.
  private let bytes: UnsafeRawBufferPointer
  private let owner: any AnyObject & Sendable
  private let dimension: Int

  /// - Parameters:
  ///   - bytes: row after row.
  ///   - owner: keeps the bytes in memory.
  package init(_ bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable, dimension: Int) {
    (self.bytes, self.owner, self.dimension) = (bytes, owner, dimension)
  }

  /// The bytes of a row's remainders.
  package static func rowBytes(_ dimension: Int) -> Int { (dimension + 1) / 2 }

  /// The remainders of a row.
  ///
  /// - Parameter rounded: what `NumPyType.int8` makes of it.
  package static func bytes(of row: ArraySlice<Float>, rounded: some RandomAccessCollection<UInt8>) -> [UInt8]
  {
    let scale = NumPyType.byteScale(of: row)
    var result = [UInt8](repeating: 0, count: rowBytes(row.count))
    for (place, (number, byte)) in zip(row, rounded).enumerated() {
      let left = 16 * (number * scale - Float(Int8(bitPattern: byte)))
      guard left.isFinite else { continue }
      let bits = UInt8(bitPattern: Int8(max(-8, min(7, left.rounded())))) & 0xF
      result[place / 2] |= place.isMultiple(of: 2) ? bits : bits << 4
    }
    return result
  }

  /// Adds the remainders of a row to its bytes, which are numbers by now.
  func add(_ row: Int, to numbers: UnsafeMutablePointer<Float>) {
    let start = row * Self.rowBytes(dimension)
    guard row >= 0, start + Self.rowBytes(dimension) <= bytes.count else { return }
    for place in 0..<dimension {
      let pair = bytes[start + place / 2]
      let bits = place.isMultiple(of: 2) ? pair << 4 : pair & 0xF0
      numbers[place] += Float(Int8(bitPattern: bits)) / 256
    }
  }
}
