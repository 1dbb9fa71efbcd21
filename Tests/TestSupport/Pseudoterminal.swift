import Foundation
import Synchronization

/// A terminal that keeps what is written to it, byte for byte.
public final class Pseudoterminal: Sendable {
  /// What a process opens to write to it.
  public let path: String
  private let own: Int32
  private let held: Int32
  private let bytes = Mutex(Data())
  private let end = DispatchSemaphore(value: 0)

  // TIOCSPTLCK and TIOCGPTN, which Swift does not import.
  private static let unlock: UInt = 0x4004_5431
  private static let numberOf: UInt = 0x8004_5430

  /// Opens one.
  public init() throws {
    own = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (number, isLocked): (Int32, Int32) = (0, 0)
    guard own >= 0, ioctl(own, Self.unlock, &isLocked) == 0, ioctl(own, Self.numberOf, &number) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    path = "/dev/pts/\(number)"
    // Held open, so that it ends when the test says so and keeps its settings until then.
    held = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    var settings = termios()
    guard held >= 0, tcgetattr(held, &settings) == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    cfmakeraw(&settings)
    tcsetattr(held, TCSANOW, &settings)
    Thread.detachNewThread { [self] in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = read(own, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        // EIO where nobody has it open any more.
        guard count > 0 else { break }
        bytes.withLock { $0 += buffer.prefix(count) }
      }
      close(own)
      end.signal()
    }
  }

  /// What was written to it, when those who wrote have ended; called once.
  public func output() -> Data {
    close(held)
    end.wait()
    return bytes.withLock { $0 }
  }
}
