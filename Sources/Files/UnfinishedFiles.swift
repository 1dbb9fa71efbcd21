import Foundation
import Synchronization

/// Files and folders with a name that are not finished, so that a process that is asked to stop can take them away.
public enum UnfinishedFiles {
  private static let paths = Mutex<Set<String>>([])

  /// Notes that something unfinished lies at a path.
  package static func add(_ path: String) { _ = paths.withLock { $0.insert(path) } }

  /// Notes that it is finished, or gone.
  package static func remove(_ path: String) { _ = paths.withLock { $0.remove(path) } }

  /// Takes away all that is unfinished; to be called right before the process ends.
  public static func removeAll() {
    paths.withLock { paths in
      for path in paths { try? FileManager.default.removeItem(atPath: path) }
      paths = []
    }
  }
}
