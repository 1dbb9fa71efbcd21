import Files
import Foundation
import Synchronization

/// The storages of an archive. `torch.save` stores them as they are; one that a zip program has deflated since is inflated
/// once, however many tensors lie in it.
final class InflatedStorages: Sendable {
  /// What storages may become beyond 16 times the bytes of their file, which no weights compress to.
  private static let allowance = 64 << 20

  private let inflated = Mutex<[String: OwnedContent]>([:])

  private struct OwnedContent {
    let bytes: UnsafeRawBufferPointer
    let owner: any AnyObject & Sendable
  }

  /// Checks what the storages in a folder of the archive would take; throws ``FileReadError`` where it is a bomb.
  init(of archive: ZipArchive, below folder: String) throws {
    let limit = Self.allowance + 16 * archive.file.bytes.count
    var total = 0
    for (name, entry) in archive.entries where entry.isDeflated && name.hasPrefix(folder) {
      total = min(total, limit) + min(entry.size, limit + 1)
    }
    guard total <= limit else {
      throw FileReadError.damaged(
        file: archive.file.url.path, key: "its storages, which are compressed",
        expected: "at most \(limit) bytes of weights", found: "more")
    }
  }

  /// The bytes of a storage, and what keeps them; nil if there is none of that name.
  func content(
    _ name: String, of archive: ZipArchive
  ) throws -> (bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable)? {
    guard archive.entries[name]?.isDeflated == true else { return try archive.content(name) }
    return try inflated.withLock { inflated in
      if let known = inflated[name] { return (known.bytes, known.owner) }
      guard let content = try archive.content(name) else { return nil }
      inflated[name] = OwnedContent(bytes: content.bytes, owner: content.owner)
      return content
    }
  }
}
