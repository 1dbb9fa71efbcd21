import Files
import Foundation
import HTTPClient

/// Fetches one file: goes on where an earlier attempt stopped, checks it, and puts it in place when it is whole.
struct HubDownload {
  let connection: HubConnection
  let url: URL
  let file: HubFile
  /// Where the file is to stand.
  let destination: URL

  private var partial: URL { destination.appendingPathExtension("incomplete") }

  /// Fetches the file; `progress` gets the bytes that are there.
  func run(progress: (Int) -> Void) throws {
    let descriptor = open(partial.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw unwritable(partial) }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw HubError.busy(path: partial.path) }

    let held = heldBytes(descriptor)
    try fetch(from: held, into: descriptor, progress: progress)
    do {
      try check()
    } catch  where held > 0 {
      // The beginning that was there already may be what is wrong.
      try fetch(from: 0, into: descriptor, progress: progress)
      try check()
    }
    guard fsync(descriptor) == 0, rename(partial.path, destination.path) == 0 else {
      throw unwritable(destination)
    }
  }

  /// The bytes of an earlier attempt that can be kept: only a content with a known hash may be put together from
  /// pieces of several answers.
  private func heldBytes(_ descriptor: Int32) -> Int {
    guard file.sha256 != nil, let size = file.size else { return 0 }
    let held = Int(lseek(descriptor, 0, SEEK_END))
    return held > 0 && held <= size ? held : 0
  }

  private func fetch(from start: Int, into descriptor: Int32, progress: (Int) -> Void) throws {
    var held = start
    try cut(descriptor, to: held)
    progress(held)
    if let size = file.size, held == size, size > 0 { return }
    try connection.get(
      url, from: { file.sha256 == nil ? 0 : held }, isComplete: { file.size.map { held >= $0 } ?? true }
    ) { head, isFirst, bytes in
      if isFirst {
        let first = head.status == 206 ? head.firstByte : 0
        guard let first, first == held || first == 0 else {
          throw HubError.badAnswer(
            url: url.absoluteString, expected: "the bytes from \(held)",
            found: head.headers["content-range"] ?? "an answer that does not say which")
        }
        if first != held { try cut(descriptor, to: first) }
        held = first
      }
      if let size = file.size, held + bytes.count > size {
        unlink(partial.path)
        throw HubError.wrongSize(file: destination.path, expected: size, found: held + bytes.count)
      }
      try append(bytes, to: descriptor)
      held += bytes.count
      progress(held)
    }
  }

  private func cut(_ descriptor: Int32, to length: Int) throws {
    guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, off_t(length), SEEK_SET) >= 0 else {
      throw unwritable(partial)
    }
  }

  private func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = write(descriptor, rest.baseAddress, rest.count)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw unwritable(partial) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  private func check() throws {
    do {
      let size = (try partial.resourceValues(forKeys: [.fileSizeKey])).fileSize ?? 0
      if let expected = file.size, expected != size {
        throw HubError.wrongSize(file: destination.path, expected: expected, found: size)
      }
      if let expected = file.sha256 {
        let found = try FileHash.sha256(of: partial)
        guard found == expected else {
          throw HubError.wrongHash(file: destination.path, expected: expected, found: found)
        }
      }
    } catch {
      _ = truncate(partial.path, 0)
      throw error
    }
  }

  private func unwritable(_ url: URL) -> HubError {
    .unwritable(path: url.path, reason: String(cString: strerror(errno)))
  }
}
