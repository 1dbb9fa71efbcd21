public import Foundation

/// Numbers from a NumPy `.npy` file, in row-major order.
public struct NumPyArray: Sendable, Equatable {
  /// The extent of each dimension; empty for a single number.
  public var shape: [Int]
  /// The elements, as 32-bit numbers whatever the file had.
  public var values: [Float]

  /// Creates an array from its parts.
  public init(shape: [Int], values: [Float]) {
    self.shape = shape
    self.values = values
  }

  /// Reads a file of float32, float16 or float64 elements in C order.
  ///
  /// - Throws: ``NumPyError``.
  public init(contentsOf url: URL) throws {
    let file = url.relativePath
    let data: Data
    do {
      data = try Data(contentsOf: url, options: .mappedIfSafe)
    } catch {
      throw NumPyError.unreadable(file: file)
    }
    try self.init(data, file: file)
  }

  package init(_ data: Data, file: String) throws(NumPyError) {
    // A header has 128 bytes or little more; the elements need not be copied to read it.
    let header = try NumPyHeader([UInt8](data.prefix(1 << 16)), file: file)
    let count = try header.elementCount(fileSize: data.count, file: file)
    shape = header.shape
    values = data.withUnsafeBytes { bytes in
      let start = header.dataOffset
      return switch header.type {
      case .float32:
        (0..<count).map {
          Float(
            bitPattern: UInt32(
              littleEndian: bytes.loadUnaligned(fromByteOffset: start + $0 * 4, as: UInt32.self)))
        }
      case .float16:
        (0..<count).map {
          Float(
            Float16(
              bitPattern: UInt16(
                littleEndian: bytes.loadUnaligned(fromByteOffset: start + $0 * 2, as: UInt16.self))))
        }
      case .float64:
        (0..<count).map {
          Float(
            Double(
              bitPattern: UInt64(
                littleEndian: bytes.loadUnaligned(fromByteOffset: start + $0 * 8, as: UInt64.self))))
        }
      }
    }
  }
}
