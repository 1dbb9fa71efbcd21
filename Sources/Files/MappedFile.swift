import CArchive
package import Foundation

/// A file mapped into memory for reading; the mapping lives as long as this object.
///
/// A file that another program shortens while it is mapped ends the process when the lost part is read: that is
/// how memory mapping works, and why weights should be replaced by renaming and not by writing over them.
package final class MappedFile: @unchecked Sendable {
  // Unchecked: the mapping is read-only and all members are constant.

  /// Where the file is.
  package let url: URL
  /// Its content.
  package let bytes: UnsafeRawBufferPointer
  /// Who else holds the bytes, where they are not this object's own mapping.
  private let owner: (any AnyObject & Sendable)?

  /// Takes a part of another file for a file; `url` is what messages call it.
  package init(_ bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable, url: URL) {
    self.url = url
    self.bytes = bytes
    self.owner = owner
  }

  /// Maps a regular file; throws ``FileReadError/notFound(path:)`` or ``FileReadError/unreadable(path:reason:)``.
  package init(_ url: URL) throws {
    self.url = url
    owner = nil
    var status = stat()
    guard stat(url.path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw FileReadError.notFound(path: url.path) }
      throw FileReadError.unreadable(path: url.path, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileReadError.unreadable(path: url.path, reason: "it is not a regular file")
    }
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FileReadError.unreadable(path: url.path, reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    guard fstat(descriptor, &status) == 0, let count = Int(exactly: status.st_size) else {
      throw FileReadError.unreadable(path: url.path, reason: String(cString: strerror(errno)))
    }
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw FileReadError.unreadable(path: url.path, reason: String(cString: strerror(errno)))
    }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if owner == nil, let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}

/// Memory of our own behind a tensor that no file holds in the right order.
package final class OwnedBytes: @unchecked Sendable {
  // Unchecked: written only inside the initialiser's closure, before anyone else sees it.

  /// The content.
  package let bytes: UnsafeRawBufferPointer

  /// Allocates `count` bytes and lets `fill` write them.
  package init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
    do {
      try fill(UnsafeMutableRawBufferPointer(start: memory.baseAddress, count: count))
    } catch {
      // Before `bytes` is set: an object whose members are all set is taken down by its `deinit` where this throws.
      memory.deallocate()
      throw error
    }
    bytes = UnsafeRawBufferPointer(start: memory.baseAddress, count: count)
  }

  deinit { bytes.deallocate() }
}
