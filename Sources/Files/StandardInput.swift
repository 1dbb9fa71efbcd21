import CArchive
package import Foundation

/// Standard input as a file that can be read from its beginning more than once, as any other.
package enum StandardInput {
  package static let path = "/dev/stdin"

  /// The file. What comes through a pipe, or is typed, is first copied to a file without a name, which takes the pipe's place
  /// and goes with the process.
  package static let file: Result<URL, any Error> = Result {
    var status = stat()
    guard fstat(STDIN_FILENO, &status) == 0 else { throw failure() }
    if ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) { try keep() }
    return URL(fileURLWithPath: path)
  }

  private static func keep() throws {
    let template = FileManager.default.temporaryDirectory.appendingPathComponent("plumb-XXXXXX").path
    var name = Array(template.utf8CString)
    let copy = mkstemp(&name)
    guard copy >= 0 else { throw failure() }
    unlink(name)
    defer { close(copy) }
    do {
      let target = FileHandle(fileDescriptor: copy)
      while let some = try FileHandle.standardInput.read(upToCount: 1 << 20), !some.isEmpty {
        try target.write(contentsOf: some)
      }
    } catch {
      throw FileReadError.unreadable(path: path, reason: "its copy: \(systemReason(of: error))")
    }
    guard dup2(copy, STDIN_FILENO) >= 0 else { throw failure() }
  }

  private static func failure() -> FileReadError {
    .unreadable(path: path, reason: String(cString: strerror(errno)))
  }
}
