import CArchive
package import Foundation

/// Why a tar archive cannot be read.
package enum ArchiveError: Error, Equatable {
  /// It cannot be opened.
  case unreadable(file: String, reason: String)
  /// It is damaged, or no tar archive.
  case damaged(file: String, problem: String)
}

/// Reads the entries of a tar archive one after the other, plain or compressed with gzip or zstd, through libarchive.
///
/// Nothing is ever written to disk: names are only names.
package final class ArchiveReader {
  /// A regular file in the archive.
  package struct Entry {
    package var name: String
    package var size: Int
    /// Where its bytes begin in the archive; nil where they are not one plain stretch of the file.
    package var offset: Int?
    /// Where its headers begin; nil where ``offset`` is.
    package var start: Int?
    /// Whether it is a hard or symbolic link to another file, and has no bytes of its own.
    package var isLink = false
  }

  private let archive: OpaquePointer
  private let file: String
  private let path: String
  private let fileSize: Int

  /// Opens an archive.
  ///
  /// - Throws: ``ArchiveError/unreadable(file:reason:)``, ``ArchiveError/damaged(file:problem:)``.
  package init(_ url: URL) throws(ArchiveError) {
    file = url.relativePath
    path = url.path
    var status = stat()
    guard stat(url.path, &status) == 0 else {
      throw .unreadable(file: file, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(file: file, reason: "it is not a file")
    }
    fileSize = Int(status.st_size)
    guard let archive = archive_read_new() else {
      throw .damaged(file: file, problem: "there is no memory to read it")
    }
    self.archive = archive
    archive_read_support_format_tar(archive)
    // A filter that would run another program answers with a warning, and is not used.
    for filter in [archive_read_support_filter_gzip, archive_read_support_filter_zstd] {
      guard filter(archive) == ARCHIVE_OK else {
        throw .damaged(file: file, problem: "this libarchive does not read gzip or zstd itself")
      }
    }
    guard archive_read_open_filename(archive, url.path, 1 << 16) == ARCHIVE_OK else { throw failure() }
  }

  deinit { archive_read_free(archive) }

  /// Whether entries can be read in place, known after the first entry.
  private var isPlain: Bool {
    archive_filter_count(archive) == 1 && archive_filter_code(archive, 0) == ARCHIVE_FILTER_NONE
  }

  /// The next regular file; nil at the end.
  ///
  /// - Parameter withLinks: whether links are returned too. They are not followed.
  /// - Throws: ``ArchiveError/damaged(file:problem:)``, where anything follows the end mark too.
  package func next(withLinks: Bool = false) throws(ArchiveError) -> Entry? {
    while true {
      var entry: OpaquePointer?
      switch archive_read_next_header(archive, &entry) {
      case ARCHIVE_EOF:
        try requireBlankRest()
        return nil
      case ARCHIVE_OK, ARCHIVE_WARN: break
      default: throw failure()
      }
      guard let entry else { continue }
      let isLink = archive_entry_hardlink(entry) != nil || archive_entry_symlink(entry) != nil
      let isFile = UInt32(archive_entry_filetype(entry)) & 0o170000 == 0o100000
      guard isLink ? withLinks : isFile, let name = Self.name(of: entry),
        let size = Int(exactly: archive_entry_size(entry)), size >= 0
      else { continue }
      var offset: Int?
      var start: Int?
      if isPlain, archive_entry_sparse_count(entry) == 0 {
        let position = Int(archive_filter_bytes(archive, 0))
        guard position >= 0, position <= fileSize, size <= fileSize - position else {
          throw .damaged(file: file, problem: "the archive ends within \"\(name.prefix(80))\"")
        }
        offset = position
        start = Int(archive_read_header_position(archive))
      }
      return Entry(name: name, size: size, offset: offset, start: start, isLink: isLink)
    }
  }

  /// Sees to it that nothing but zeros follows the end mark of an archive that can be read in place.
  ///
  /// libarchive takes the first block of zeros for the end. Where a download has left a hole, or archives were joined with `cat`,
  /// files lie behind it, which would be missing unnoticed.
  private func requireBlankRest() throws(ArchiveError) {
    guard isPlain else { return }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(file: file, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var place = Int(archive_filter_bytes(archive, 0))
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(place)) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(file: file, reason: String(cString: strerror(errno))) }
      guard count > 0 else { return }
      if let index = chunk[..<count].firstIndex(where: { $0 != 0 }) {
        throw .damaged(
          file: file,
          problem:
            "the archive goes on behind its end mark, at byte \(place + index): a part of it was not written, or it is "
            + "several archives in one file")
      }
      place += count
    }
  }

  /// The bytes of the entry that was returned last; nil where there are more than `limit`.
  ///
  /// - Throws: ``ArchiveError/damaged(file:problem:)``.
  package func bytes(limit: Int) throws(ArchiveError) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { archive_read_data(archive, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      guard count > 0 else { throw failure() }
      guard bytes.count + count <= limit else { return nil }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  private static func name(of entry: OpaquePointer) -> String? {
    guard let name = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry) else { return nil }
    return String(cString: name)
  }

  private func failure() -> ArchiveError {
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "it cannot be read"
    return .damaged(file: file, problem: "as a tar archive it is damaged or of another kind (\(reason))")
  }
}
