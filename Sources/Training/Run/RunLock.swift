import Foundation

/// Keeps other processes from a run's folder while it is trained in: two of them would replace each other's state, log and models.
///
/// It is on the folder itself, so that it leaves no file. The system lets go of it when the process ends, however it ends.
final class RunLock {
  private let descriptor: Int32

  /// - Throws: ``TrainingError/busy(path:)`` where another process trains in the folder.
  init(_ folder: RunFolder) throws {
    descriptor = open(folder.url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // Some network file systems lock no folders; a run goes on without then.
    if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      throw TrainingError.busy(path: folder.url.relativePath)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
