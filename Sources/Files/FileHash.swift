package import Foundation

/// The hash that names a file's content.
package enum FileHash {
  /// The SHA-256 of a file, in hexadecimal; throws ``FileReadError/unreadable(path:reason:)``.
  package static func sha256(of file: URL) throws -> String {
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(file) }
    defer { close(descriptor) }
    var hash = SHA256()
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { chunk.deallocate() }
    while true {
      let count = read(descriptor, chunk.baseAddress, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(file) }
      if count == 0 { return hash.hexadecimal() }
      hash.update(UnsafeRawBufferPointer(rebasing: chunk.prefix(count)))
    }
  }

  private static func unreadable(_ file: URL) -> FileReadError {
    .unreadable(path: file.path, reason: String(cString: strerror(errno)))
  }
}
