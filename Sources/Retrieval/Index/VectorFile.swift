import CLIP
import Files
import Foundation

/// The rows of an index: nothing but numbers, row after row. How many count says the database.
struct VectorFile {
  let url: URL
  let dimension: Int
  let type: NumPyType

  private var rowBytes: Int { dimension * type.byteCount }

  /// Writes rows from a place on, over what an interrupted run may have left there, and waits until they are on the disk.
  ///
  /// - Throws: ``RetrievalError/unwritable(path:reason:)``.
  func write(_ rows: [ArraySlice<Float>], at first: Int) throws {
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure() }
    defer { close(descriptor) }
    let bytes = rows.flatMap { type.bytes(of: $0) }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(
          descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(first * rowBytes + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      done += count
    }
    guard fdatasync(descriptor) == 0 else { throw failure() }
  }

  /// The first rows, mapped. Throws ``RetrievalError/damagedIndex(folder:reason:)``, `FileReadError`.
  func rows(_ count: Int) throws -> Embeddings {
    guard count > 0 else { return Embeddings(count: 0, dimension: dimension, name: url.path) }
    let file = try MappedFile(url)
    guard file.bytes.count >= count * rowBytes else {
      throw RetrievalError.damagedIndex(
        folder: url.deletingLastPathComponent().relativePath,
        reason:
          "\(url.lastPathComponent) has \(file.bytes.count / max(1, rowBytes)) rows in place of \(count)")
    }
    return Embeddings(
      rows: UnsafeRawBufferPointer(rebasing: file.bytes.prefix(count * rowBytes)), of: type, owner: file,
      count: count, dimension: dimension, name: url.path)
  }

  private func failure() -> RetrievalError {
    .unwritable(path: url.path, reason: String(cString: strerror(errno)))
  }
}
