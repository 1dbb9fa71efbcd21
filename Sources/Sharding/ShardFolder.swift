import Files
import Foundation

/// The folder of a shard's output, which appears whole or not at all.
///
/// Files are written into a hidden folder beside it, which is moved into its place when everything is on the disk. A lock
/// keeps other processes away meanwhile.
final class ShardFolder {
  /// The files in a finished folder.
  enum File {
    static let images = "images.npy"
    static let texts = "texts.npy"
    static let rows = "rows.jsonl"
    static let summary = "summary.json"
  }

  /// Where the files are written.
  let draft: URL
  private let place: URL
  private let lock: ShardLock
  private var isFinished = false

  /// Whether a shard's output is finished.
  ///
  /// - Throws: ``ShardingError/foreignOutput(path:found:)`` where something else has its name.
  static func isFinished(_ place: URL) throws -> Bool {
    guard FileManager.default.fileExists(atPath: place.path) else { return false }
    guard FileManager.default.fileExists(atPath: place.appendingPathComponent(File.summary).path) else {
      throw ShardingError.foreignOutput(
        path: place.relativePath, found: "this is already there, and no output of a shard")
    }
    return true
  }

  /// Begins the output of a shard, and removes what a killed process has left of it; nil where another process has it in
  /// work, or has finished it meanwhile.
  ///
  /// - Throws: `FileWriteError`, ``ShardingError``.
  init?(_ name: String, in output: URL) throws {
    place = output.appendingPathComponent(name, isDirectory: true)
    draft = output.appendingPathComponent(".\(name).partial", isDirectory: true)
    guard let lock = try ShardLock(name, in: output, waits: false) else { return nil }
    self.lock = lock
    guard try !Self.isFinished(place) else { return nil }
    try? FileManager.default.removeItem(at: draft)
    guard mkdir(draft.path, 0o777) == 0 else { throw Self.failure(draft) }
    UnfinishedFiles.add(draft.path)
  }

  /// A file of the output.
  func file(_ name: String) -> URL { draft.appendingPathComponent(name) }

  /// Puts the folder into its place.
  ///
  /// - Throws: `FileWriteError`; nothing is then to be seen of it.
  func commit() throws {
    try Self.synchronize(draft)
    // Before the move: a process that is asked to stop takes unfinished files away, and must not do so while they are moved.
    UnfinishedFiles.remove(draft.path)
    guard rename(draft.path, place.path) == 0 else { throw Self.failure(place) }
    isFinished = true
    try Self.synchronize(place.deletingLastPathComponent())
  }

  deinit {
    guard !isFinished else { return }
    // Where there was no draft of ours, there is nothing to remove either: the lock was ours.
    try? FileManager.default.removeItem(at: draft)
    UnfinishedFiles.remove(draft.path)
  }

  /// Sees to it that the names in a folder are on the disk.
  static func synchronize(_ folder: URL) throws {
    let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(folder) }
    defer { close(descriptor) }
    // Some network file systems have no such call; a file's own fsync has to do there.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(folder) }
  }

  private static func failure(_ url: URL) -> FileWriteError {
    switch errno {
    case ENOSPC, EDQUOT: .diskFull(file: url.relativePath)
    default: .failed(file: url.relativePath, reason: String(cString: strerror(errno)))
    }
  }
}
