public import Foundation

/// Writes a matrix row by row into a NumPy `.npy` file, which appears when it is finished.
///
/// ```swift
/// let writer = try NumPyWriter(url, dimension: 512)
/// try writer.append(embeddings)
/// try writer.finish()
/// ```
public final class NumPyWriter {
  /// Numbers a row.
  public let dimension: Int
  /// The extents of a row; one for a matrix.
  public let rowShape: [Int]
  /// How the elements are stored.
  public let type: NumPyType
  /// Rows so far.
  public private(set) var count = 0
  private let file: AtomicFile

  /// Begins a file; its number of rows need not be known.
  ///
  /// - Parameter type: how the elements are stored. Of a row of ``NumPyType/int8`` only the direction is kept: its largest
  ///   number becomes ±127.
  /// - Throws: `FileWriteError`, for a pipe too: the number of rows is written last, at the beginning.
  public convenience init(_ url: URL, dimension: Int, type: NumPyType = .float32) throws {
    try self.init(url, rowShape: [dimension], type: type)
  }

  /// Begins a file of rows of any shape.
  ///
  /// - Throws: As ``init(_:dimension:type:)`` does.
  public init(_ url: URL, rowShape: [Int], type: NumPyType = .float32) throws {
    self.rowShape = rowShape
    dimension = rowShape.reduce(1, *)
    self.type = type
    file = try AtomicFile(url)
    guard file.isSeekable else { throw FileWriteError.notSeekable(file: file.name) }
    try NumPyHeader.bytes(shape: [0] + rowShape, type: type).withUnsafeBytes { try file.write($0) }
  }

  /// Appends one row.
  ///
  /// - Throws: ``NumPyError`` where the row has another length, `FileWriteError` where it cannot be written.
  public func append(_ row: ArraySlice<Float>) throws {
    guard row.count == dimension else {
      throw NumPyError.wrongWidth(file: file.name, expected: dimension, found: row.count)
    }
    #if _endian(little)
      if type == .float32 {
        try row.withUnsafeBytes { try file.write($0) }
        count += 1
        return
      }
    #endif
    try type.bytes(of: row).withUnsafeBytes { try file.write($0) }
    count += 1
  }

  /// Writes the number of rows and puts the file into its place.
  ///
  /// - Throws: `FileWriteError`; an older file is then untouched.
  public func finish() throws {
    try file.rewriteStart(NumPyHeader.bytes(shape: [count] + rowShape, type: type))
    try file.commit()
  }
}
