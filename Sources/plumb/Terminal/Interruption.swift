import Files
import Foundation

/// What Control-C does: one line on standard error, nothing half written, and the status 130.
///
/// Training listens for itself, since it saves its state first: `StopRequest` takes over after ``release()``.
enum Interruption {
  /// What the line says.
  nonisolated(unsafe) static var message = "stopped; nothing was written"
  // Unsafe: set by the main thread before the work, and read when the process ends.

  /// Where the handler of the signal writes; a handler may do little else.
  nonisolated(unsafe) private static var pipeEnd: Int32 = -1
  // Unsafe: set once, before the handler is.

  /// Listens from now on, unless whoever started the process has switched Control-C off.
  static func begin() {
    var before = sigaction()
    guard sigaction(SIGINT, nil, &before) == 0, !isIgnored(before) else { return }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    pipeEnd = ends[1]
    let listening = ends[0]
    let thread = Thread {
      var byte: UInt8 = 0
      while read(listening, &byte, 1) < 0, errno == EINTR {}
      end()
    }
    thread.stackSize = 1 << 19
    thread.start()
    signal(SIGINT) { _ in
      var byte: UInt8 = 0
      _ = write(Interruption.pipeEnd, &byte, 1)
    }
    // A program inherits the signals that its starter's thread blocks.
    var interrupt = sigset_t()
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nil)
  }

  /// Leaves Control-C to others.
  static func release() {
    guard pipeEnd >= 0 else { return }
    signal(SIGINT, SIG_DFL)
  }

  private static func end() -> Never {
    UnfinishedFiles.removeAll()
    // A progress line is overwritten.
    if isatty(STDERR_FILENO) != 0 { try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K".utf8)) }
    Output.note(message)
    _exit(130)
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    #if os(Linux)
      unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    #else
      unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self) == 1
    #endif
  }
}
