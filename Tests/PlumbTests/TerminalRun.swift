import Foundation

/// The built command with a pseudo-terminal for its standard output; standard error goes nowhere.
struct TerminalRun {
  /// The exit status.
  let status: Int32
  /// What it printed.
  let output: String

  /// A system call that failed.
  private struct Failure: Error { let number = errno }

  /// Runs `plumb` with these arguments to its end, in the example's folder.
  init(_ arguments: [String], environment: [String: String]) throws {
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard terminal >= 0 else { throw Failure() }
    defer { close(terminal) }
    // A process of a session without a terminal would get this one as its own but for O_NOCTTY.
    let side = try open(Self.otherSide(of: terminal), O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard side >= 0 else { throw Failure() }
    let process = Process()
    process.executableURL = CommandRun.executable
    process.arguments = arguments
    process.currentDirectoryURL = CommandRun.example
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(fileDescriptor: side, closeOnDealloc: false)
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch {
      close(side)
      throw error
    }
    // Without this end of ours, reading ends (with EIO) when the command does.
    close(side)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(terminal, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    process.waitUntilExit()
    status = process.terminationStatus
    output = String(decoding: bytes, as: UTF8.self)
  }

  /// Unlocks the side that the command has, and tells its path.
  private static func otherSide(of terminal: Int32) throws -> String {
    #if os(Linux)
      // TIOCSPTLCK and TIOCGPTN, in the place of unlockpt and ptsname, which Swift does not import.
      var (lock, number): (Int32, Int32) = (0, 0)
      guard ioctl(terminal, 0x4004_5431, &lock) == 0, ioctl(terminal, 0x8004_5430, &number) == 0 else {
        throw Failure()
      }
      return "/dev/pts/\(number)"
    #else
      guard grantpt(terminal) == 0, unlockpt(terminal) == 0, let name = ptsname(terminal) else {
        throw Failure()
      }
      return String(cString: name)
    #endif
  }
}
