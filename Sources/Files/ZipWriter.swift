import CArchive
package import Foundation

/// Makes a zip archive of files piece by piece, without compressing them, through libarchive.
package final class ZipWriter {
  private let archive: OpaquePointer
  private let output = Output()

  private final class Output {
    var bytes = Data()
  }

  /// Begins an archive. Returns nil where there is no memory.
  package init?() {
    guard let archive = archive_write_new() else { return nil }
    self.archive = archive
    archive_write_set_format_zip(archive)
    archive_write_set_options(archive, "zip:compression=store,hdrcharset=UTF-8")
    archive_write_set_bytes_per_block(archive, 0)
    let context = Unmanaged.passUnretained(output).toOpaque()
    archive_write_open(
      archive, context, nil,
      { _, context, bytes, count in
        guard let context, let bytes else { return 0 }
        Unmanaged<Output>.fromOpaque(context).takeUnretainedValue().bytes.append(
          bytes.assumingMemoryBound(to: UInt8.self), count: count)
        return count
      }, nil)
  }

  deinit { archive_write_free(archive) }

  /// The bytes that a file adds to the archive.
  ///
  /// - Parameter name: its name in the archive, without folders.
  package func entry(_ name: String, _ data: Data, changed: Date) -> Data {
    let entry = archive_entry_new()
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname_utf8(entry, name)
    archive_entry_set_size(entry, Int64(data.count))
    archive_entry_set_filetype(entry, 0o100000)
    archive_entry_set_perm(entry, 0o644)
    archive_entry_set_mtime(entry, time_t(changed.timeIntervalSince1970), 0)
    if archive_write_header(archive, entry) == ARCHIVE_OK {
      _ = data.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
      archive_write_finish_entry(archive)
    }
    return taken()
  }

  /// The bytes that end the archive.
  package func end() -> Data {
    archive_write_close(archive)
    return taken()
  }

  private func taken() -> Data {
    defer { output.bytes = Data() }
    return output.bytes
  }
}
