import Compute
import Files
public import Foundation

/// A matrix in a NumPy `.npy` file, of which only the rows that are asked for are read.
///
/// float32, float16 and float64, little-endian, in C order, of header versions 1 to 3; numbers come as float32.
public struct NumPyMatrix: EmbeddingRows {
  /// The file as the user named it.
  public let name: String
  /// The number of rows.
  public let count: Int
  /// The dimension of a row.
  public let dimension: Int
  private let file: MappedFile
  private let dataOffset: Int
  private let type: NumPyHeader.ElementType

  /// Opens a file and checks that it holds what its header says.
  ///
  /// - Throws: ``NumPyError``.
  public init(contentsOf url: URL) throws {
    name = url.relativePath
    do {
      file = try MappedFile(url)
    } catch {
      throw NumPyError.unreadable(file: name)
    }
    // A header has 128 bytes or little more; the elements need not be read to understand it.
    let header = try NumPyHeader([UInt8](file.bytes.prefix(1 << 16)), file: name)
    _ = try header.elementCount(fileSize: file.bytes.count, file: name)
    guard header.shape.count == 2, header.shape[1] > 0 else {
      throw NumPyError.unsupported(file: name, found: "an array of the shape \(header.shape)")
    }
    count = header.shape[0]
    dimension = header.shape[1]
    dataOffset = header.dataOffset
    type = header.type
  }

  /// Copies one row; nothing where there is no such row.
  public func copyRow(_ row: Int, to destination: UnsafeMutablePointer<Float>) {
    guard row >= 0, row < count, let base = file.bytes.baseAddress else { return }
    let start = base + dataOffset + row * dimension * type.byteCount
    switch type {
    case .float32:
      Matrix(rows: 1, columns: dimension, storage: .float32, start: start, owner: file)
        .copyRows(0..<1, to: destination)
    case .float16:
      Matrix(rows: 1, columns: dimension, storage: .float16, start: start, owner: file)
        .copyRows(0..<1, to: destination)
    case .float64:
      for i in 0..<dimension {
        destination[i] = Float(start.loadUnaligned(fromByteOffset: i * 8, as: Double.self))
      }
    }
  }
}
