import CZlib
import Files
import Foundation

/// What tells a file's content from that of others: its size and two sums over all bytes.
///
/// It recognises a file that was moved or copied, and is fast enough to be computed for every image. It is no proof against somebody who
/// makes two files alike on purpose.
enum FileMark {
  static func of(_ file: URL) throws -> String {
    // Read, not mapped: another program may be writing to it.
    let data = try Data(contentsOf: file)
    let (sum, other) = data.withUnsafeBytes { bytes in
      (
        CRC32.of(bytes),
        adler32_z(1, bytes.bindMemory(to: UInt8.self).baseAddress, z_size_t(bytes.count))
      )
    }
    return "\(data.count)-\(String(sum, radix: 16))-\(String(other, radix: 16))"
  }
}
