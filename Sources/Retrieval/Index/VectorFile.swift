import CLIP
import Files
import Foundation

/// The rows of an index: nothing but numbers, row after row. How many count says the database. Beside rows of bytes lie their remainders.
struct VectorFile {
  let url: URL
  let dimension: Int
  let type: NumPyType

  private var rowBytes: Int { dimension * type.byteCount }
  private var remainderFile: URL? {
    type == .int8 ? url.deletingLastPathComponent().appendingPathComponent("remainders") : nil
  }

  /// Writes rows from a place on, over what an interrupted run may have left there, and waits until they are on the disk.
  ///
  /// - Throws: ``RetrievalError/unwritable(path:reason:)``.
  func write(_ rows: [ArraySlice<Float>], at first: Int) throws {
    let bytes = rows.map { type.bytes(of: $0) }
    try write(bytes.flatMap(\.self), to: url, at: first * rowBytes)
    if let remainderFile {
      try write(
        zip(rows, bytes).flatMap { RowRemainders.bytes(of: $0, rounded: $1) }, to: remainderFile,
        at: first * RowRemainders.rowBytes(dimension))
    }
  }

  private func write(_ bytes: [UInt8], to url: URL, at offset: Int) throws {
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(url) }
    defer { close(descriptor) }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(url) }
      done += count
    }
    guard fdatasync(descriptor) == 0 else { throw failure(url) }
  }

  /// The first rows, mapped. Throws ``RetrievalError/damagedIndex(folder:reason:)``, `FileReadError`.
  func rows(_ count: Int) throws -> Embeddings {
    guard count > 0 else { return Embeddings(count: 0, dimension: dimension, name: url.path) }
    let folder = url.deletingLastPathComponent().relativePath
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw RetrievalError.damagedIndex(
        folder: folder, reason: "\(url.lastPathComponent), where its \(count) rows were, is missing")
    }
    let file = try MappedFile(url)
    // By division: of a database that is damaged too, the count may be any.
    let there = file.bytes.count / max(1, rowBytes)
    guard there >= count else { throw tooShort(url, there, count) }
    return Embeddings(
      rows: UnsafeRawBufferPointer(rebasing: file.bytes.prefix(count * rowBytes)), of: type, owner: file,
      count: count, dimension: dimension, name: url.path)
  }

  /// The remainders of the first rows of bytes, mapped; nil for other rows, and for those of an older index, which has none.
  ///
  /// - Throws: ``RetrievalError/damagedIndex(folder:reason:)``, `FileReadError`.
  func remainders(_ count: Int) throws -> RowRemainders? {
    guard count > 0, let remainderFile, FileManager.default.fileExists(atPath: remainderFile.path) else {
      return nil
    }
    let file = try MappedFile(remainderFile)
    let there = file.bytes.count / max(1, RowRemainders.rowBytes(dimension))
    guard there >= count else { throw tooShort(remainderFile, there, count) }
    return RowRemainders(file.bytes, owner: file, dimension: dimension)
  }

  private func tooShort(_ url: URL, _ there: Int, _ count: Int) -> RetrievalError {
    .damagedIndex(
      folder: url.deletingLastPathComponent().relativePath,
      reason: "\(url.lastPathComponent) has \(there) rows in place of \(count)")
  }

  private func failure(_ url: URL) -> RetrievalError {
    .unwritable(path: url.path, reason: String(cString: strerror(errno)))
  }
}
