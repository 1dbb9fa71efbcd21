import Foundation

/// Runs a command that is killed again and again while it writes its log, until it comes to its end.
public enum KilledRuns {
  /// Starts the command, kills it with SIGKILL when its log has enough lines, and starts it again.
  ///
  /// - Parameters:
  ///   - log: the file that grows; each of its lines is a step of the run.
  ///   - lines: how many lines the n-th start may see, n from 1.
  /// - Returns: how often it was killed before it ended by itself, and how it then ended.
  public static func run(
    _ executable: URL, _ arguments: [String], in folder: URL, log: URL, killingAt lines: (Int) -> Int
  ) throws -> (kills: Int, status: Int32) {
    try FileManager.default.createDirectory(
      at: log.deletingLastPathComponent(), withIntermediateDirectories: true)
    let watch = try FolderWatch(log.deletingLastPathComponent())
    var kills = 0
    for attempt in 1... {
      let process = Process()
      process.executableURL = executable
      process.arguments = arguments
      process.currentDirectoryURL = folder
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      while process.isRunning, lineCount(log) < lines(attempt) { watch.waitForChange() }
      if process.isRunning {
        kill(process.processIdentifier, SIGKILL)
        kills += 1
      }
      process.waitUntilExit()
      if process.terminationReason == .exit { return (kills, process.terminationStatus) }
    }
    return (kills, -1)
  }

  private static func lineCount(_ file: URL) -> Int {
    (try? Data(contentsOf: file))?.count { $0 == UInt8(ascii: "\n") } ?? 0
  }
}

/// Tells when something in a folder is written, through inotify.
private final class FolderWatch {
  private let descriptor: Int32

  init(_ folder: URL) throws {
    descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    let events = UInt32(IN_CREATE) | UInt32(IN_MODIFY) | UInt32(IN_MOVED_TO)
    guard descriptor >= 0, inotify_add_watch(descriptor, folder.path, events) >= 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
  }

  deinit { close(descriptor) }

  /// Returns after the next change, or after a tenth of a second: the process that writes may have ended.
  func waitForChange() {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    poll(&request, 1, 100)
    var events = [UInt8](repeating: 0, count: 4096)
    while read(descriptor, &events, events.count) > 0 {}
  }
}
