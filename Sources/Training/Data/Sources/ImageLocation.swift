import Files
public import Foundation

/// Where the bytes of an image are.
public enum ImageLocation: Sendable, Equatable {
  /// A file.
  case file(URL)
  /// A stretch of a tar archive.
  case entry(archive: URL, name: String, offset: Int, size: Int)
  /// Bytes in memory, from an archive that was compressed.
  case memory(archive: URL, name: String, bytes: [UInt8])

  /// What messages call it.
  public var name: String {
    switch self {
    case .file(let url): url.relativePath
    case .entry(let archive, let name, _, _), .memory(let archive, let name, _):
      "\(archive.relativePath): \(name)"
    }
  }

  /// The image as an embedder takes it: its file, or a `FileStretch` of its archive; nil where it is only in memory.
  package var url: URL? {
    switch self {
    case .file(let url): url
    case .entry(let archive, let name, let offset, let size):
      FileStretch(of: archive, name: name, offset: offset, size: size).url
    case .memory: nil
    }
  }

  /// Calls `body` with the image's bytes.
  ///
  /// - Throws: ``DataError/unreadable(file:reason:)``, and what `body` throws.
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    switch self {
    case .memory(_, _, let bytes): return try bytes.withUnsafeBytes(body)
    case .file(let url): return try Self.read(url, name: name, offset: 0, size: nil, body)
    case .entry(let archive, _, let offset, let size):
      return try Self.read(archive, name: name, offset: offset, size: size, body)
    }
  }

  /// The largest file that is taken for an image.
  private static let largest = 1 << 30

  private static func read<R>(
    _ url: URL, name: String, offset: Int, size: Int?, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(name) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(name) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DataError.unreadable(file: name, reason: "it is not a file")
    }
    let size = size ?? Int(status.st_size)
    guard size <= largest else {
      throw DataError.unreadable(file: name, reason: "with \(size) bytes it is too large for an image")
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 16)
    defer { memory.deallocate() }
    var done = 0
    while done < size {
      let step = pread(descriptor, memory.baseAddress.map { $0 + done }, size - done, off_t(offset + done))
      if step < 0 && errno == EINTR { continue }
      guard step >= 0 else { throw unreadable(name) }
      if step == 0 { break }
      done += step
    }
    return try body(UnsafeRawBufferPointer(rebasing: memory.prefix(done)))
  }

  private static func unreadable(_ name: String) -> DataError {
    .unreadable(file: name, reason: String(cString: strerror(errno)))
  }
}
