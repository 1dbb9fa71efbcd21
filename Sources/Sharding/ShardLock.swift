import Files
import Foundation

/// Keeps other processes from a shard, or from a whole output, while it is worked on.
///
/// The system lets go of the lock when the process ends, however it ends. Its file is removed with it, and one that a killed
/// process has left is taken over.
final class ShardLock {
  private let path: String
  private var descriptor: Int32

  /// Takes the lock of a name in a folder; nil where another process has it and one does not wait for it.
  ///
  /// - Throws: `FileWriteError`.
  init?(_ name: String, in folder: URL, waits: Bool) throws {
    path = folder.appendingPathComponent(".\(name).lock").path
    descriptor = -1
    while true {
      descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw FileWriteError.failed(file: path, reason: Self.lastError()) }
      if flock(descriptor, LOCK_EX | (waits ? 0 : LOCK_NB)) != 0 {
        let reason = errno
        close(descriptor)
        descriptor = -1
        if reason == EINTR { continue }
        guard reason == EWOULDBLOCK, !waits else {
          throw FileWriteError.failed(file: path, reason: String(cString: strerror(reason)))
        }
        return nil
      }
      if isInPlace { break }
      // Whoever had it has removed the file meanwhile: the lock of a file without a name is nobody's.
      close(descriptor)
    }
  }

  deinit {
    if descriptor >= 0 {
      // Removed while it is held: who waits for it sees that it is gone.
      unlink(path)
      close(descriptor)
    }
  }

  /// Removes the file of a lock that nobody has: that of a process which was killed when it had just finished.
  static func removeLeftover(_ name: String, in folder: URL) {
    let path = folder.appendingPathComponent(".\(name).lock").path
    // Taken and let go, which removes it. What cannot be removed does no harm.
    if access(path, F_OK) == 0 { _ = try? ShardLock(name, in: folder, waits: false) }
  }

  /// Whether the file that is locked is the one that others would open.
  private var isInPlace: Bool {
    var own = stat()
    var there = stat()
    return fstat(descriptor, &own) == 0 && stat(path, &there) == 0 && own.st_ino == there.st_ino
      && own.st_dev == there.st_dev
  }

  private static func lastError() -> String { String(cString: strerror(errno)) }
}
