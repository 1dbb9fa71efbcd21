import Files
import Foundation

/// The bytes of a regular file, or of the stretch of it that a ``FileStretch`` names, read at once and freed when the value goes.
///
/// Foundation's `Data(contentsOf:)` takes longer than resizing an image does.
struct FileBytes: ~Copyable {
  private let memory: UnsafeMutableRawPointer
  private let count: Int

  /// Reads a file; `name` is what errors call it.
  init(contentsOf url: URL, name: String) throws(ImageError) {
    guard url.isFileURL else { throw .unreadable(file: name, reason: "it is not a local file") }
    let file = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw .unreadable(file: name, reason: errno == ENOENT ? missingReason(of: url.path) : Self.lastError())
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .unreadable(file: name, reason: Self.lastError()) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(file: name, reason: "it is not a file")
    }
    let stretch = FileStretch(url)
    let size = stretch?.size ?? Int(status.st_size)
    guard (stretch?.offset ?? 0) <= Int(status.st_size), size <= Int(status.st_size) - (stretch?.offset ?? 0)
    else {
      throw .unreadable(file: name, reason: "the archive has changed, and ends before it")
    }
    guard size <= ImageFormat.largestFile else {
      throw .unreadable(file: name, reason: "with \(size) bytes it is too large for an image")
    }
    guard let memory = malloc(max(size, 1)) else {
      throw .unreadable(file: name, reason: "there is no memory for its \(size) bytes")
    }
    var done = 0
    if let stretch { lseek(file, off_t(stretch.offset), SEEK_SET) }
    while done < size {
      let step = read(file, memory + done, size - done)
      if step == 0 { break }
      if step < 0 && errno == EINTR { continue }
      guard step > 0 else {
        let reason = Self.lastError()
        free(memory)
        throw .unreadable(file: name, reason: reason)
      }
      done += step
    }
    self.memory = memory
    count = done
  }

  deinit { free(memory) }

  /// Calls `body` with the bytes.
  borrowing func with<R>(_ body: (UnsafeRawBufferPointer) throws(ImageError) -> R) throws(ImageError) -> R {
    try body(UnsafeRawBufferPointer(start: memory, count: count))
  }

  private static func lastError() -> String { String(cString: strerror(errno)) }
}
