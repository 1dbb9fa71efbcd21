public import Foundation

/// An array in a NumPy `.npy` file, mapped into memory: what is not asked for is not read.
///
/// Elements of the types of ``NumPyType``, little-endian, in C order, of header versions 1 to 3.
public struct NumPyArray: Sendable {
  /// The file as the user named it.
  public let name: String
  /// The extent of each dimension; empty for a single number.
  public let shape: [Int]
  /// How the elements are stored.
  public let type: NumPyType
  /// What keeps the elements in memory.
  package let file: MappedFile
  private let dataOffset: Int

  /// Opens a file and checks that it holds what its header says.
  ///
  /// - Throws: ``NumPyError``.
  public init(contentsOf url: URL) throws {
    let file: MappedFile
    do {
      file = try MappedFile(url)
    } catch {
      throw NumPyError.unreadable(file: url.relativePath)
    }
    try self.init(file, name: url.relativePath)
  }

  /// Reads a file that is in memory.
  package init(_ data: Data, file name: String) throws(NumPyError) {
    let copy = OwnedBytes(count: data.count) { data.copyBytes(to: $0) }
    try self.init(MappedFile(copy.bytes, owner: copy, url: URL(fileURLWithPath: name)), name: name)
  }

  private init(_ file: MappedFile, name: String) throws(NumPyError) {
    // A header has 128 bytes or little more; the elements need not be read to understand it.
    let header = try NumPyHeader([UInt8](file.bytes.prefix(1 << 16)), file: name)
    _ = try header.elementCount(fileSize: file.bytes.count, file: name)
    self.name = name
    self.file = file
    shape = header.shape
    type = header.type
    dataOffset = header.dataOffset
  }

  /// The elements, row-major.
  package var elements: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[dataOffset...])
  }

  /// All elements as 32-bit numbers, in row-major order.
  public var values: [Float] {
    let elements = elements
    return (0..<elements.count / type.byteCount).map { type.number(at: $0, of: elements) }
  }
}
