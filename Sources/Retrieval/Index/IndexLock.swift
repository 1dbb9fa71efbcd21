import Foundation

/// Holds an index for writing; the system lets go of it when the process ends, however it ends.
final class IndexLock {
  private let descriptor: Int32

  /// Waits until nobody else holds it.
  ///
  /// - Parameter waits: called once, where somebody does.
  /// - Throws: ``RetrievalError/unwritable(path:reason:)``.
  init(_ folder: URL, waits: () -> Void) throws {
    let url = folder.appendingPathComponent("lock")
    descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw RetrievalError.unwritable(path: url.path, reason: String(cString: strerror(errno)))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return }
    waits()
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        throw RetrievalError.unwritable(path: url.path, reason: String(cString: strerror(errno)))
      }
    }
  }

  deinit { close(descriptor) }
}
