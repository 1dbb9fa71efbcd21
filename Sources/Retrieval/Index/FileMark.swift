import CZlib
import Files
package import Foundation

/// What tells a file's content from that of others: its size and two sums over all bytes.
///
/// It recognises a file that was moved or copied, and is fast enough to be computed for every image. It is no proof against somebody who
/// makes two files alike on purpose.
package enum FileMark {
  private static let pieceSize = 1 << 18

  /// The mark of a file, which is read piece by piece; nil where it cannot be read, is no regular file, or is larger than images are.
  package static func of(_ file: URL) -> String? {
    // What has taken an image's place since it was found may be a pipe, for whose other end nothing is to wait.
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      Int(status.st_size) <= ImageFormat.largestFile
    else { return nil }
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 16)
    defer { piece.deallocate() }
    var (size, sum, other) = (0, CRC32(), UInt(1))
    while size <= ImageFormat.largestFile {
      let count = read(descriptor, piece.baseAddress, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 {
        return "\(size)-\(String(sum.value, radix: 16))-\(String(other, radix: 16))"
      }
      let bytes = UnsafeRawBufferPointer(rebasing: piece.prefix(count))
      sum.update(bytes)
      other = adler32_z(other, bytes.bindMemory(to: UInt8.self).baseAddress, z_size_t(count))
      size += count
    }
    return nil
  }
}
