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

  /// The SHA-256 of stretches of one file, in hexadecimal, in their order; throws ``FileReadError/unreadable(path:reason:)``.
  package static func sha256(of stretches: [Range<Int>], in file: URL) throws -> [String] {
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(file) }
    defer { close(descriptor) }
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { chunk.deallocate() }
    return try stretches.map { stretch in
      var hash = SHA256()
      var at = stretch.lowerBound
      while at < stretch.upperBound {
        let count = pread(descriptor, chunk.baseAddress, min(chunk.count, stretch.upperBound - at), off_t(at))
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw unreadable(file) }
        guard count > 0 else {
          throw FileReadError.unreadable(path: file.path, reason: "it has become shorter")
        }
        hash.update(UnsafeRawBufferPointer(rebasing: chunk.prefix(count)))
        at += count
      }
      return hash.hexadecimal()
    }
  }

  private static func unreadable(_ file: URL) -> FileReadError {
    .unreadable(path: file.path, reason: String(cString: strerror(errno)))
  }
}
