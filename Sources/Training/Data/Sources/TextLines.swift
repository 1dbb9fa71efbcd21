import CaptionData
import Files
import Foundation

/// The text of a file, inflated where it is gzip.
struct TextLines {
  let file: TextFile

  /// The most bytes that a compressed text may have when it is inflated.
  static let inflatedLimit = 4 << 30

  /// Reads a file.
  ///
  /// - Throws: ``DataError/unreadable(file:reason:)``, ``DatasetError``.
  init(_ url: URL) throws {
    let name = url.relativePath
    guard url.pathExtension.lowercased() == "gz" else {
      file = try TextFile(contentsOf: url)
      return
    }
    let data: Data
    do {
      data = try Data(contentsOf: url, options: .mappedIfSafe)
    } catch {
      throw DataError.unreadable(file: name, reason: sentence(for: error))
    }
    do {
      file = try TextFile(name: name, bytes: GzipReader.inflate(data, limit: Self.inflatedLimit))
    } catch GzipReader.Failure.damaged(let reason) {
      throw DataError.badArchive(file: name, problem: "the gzip file is damaged: \(reason)")
    } catch GzipReader.Failure.tooLarge {
      throw DataError.badArchive(
        file: name, problem: "the gzip file inflates to more than \(Self.inflatedLimit >> 30) GiB")
    }
  }

  /// The lines, without their ends; a line that is not UTF-8 has its bad bytes replaced.
  var lines: [String] {
    var lines: [String] = []
    var start = 0
    let bytes = file.bytes
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      let isPair = end > start && bytes[end - 1] == 0x0D
      lines.append(String(decoding: bytes[start..<(isPair ? end - 1 : end)], as: UTF8.self))
      start = end + 1
    }
    return lines
  }

  /// What the file holds, told by its name without `.gz`: `txt`, `tsv`, `csv`, `jsonl`.
  static func kind(of url: URL) -> String {
    let plain = url.pathExtension.lowercased() == "gz" ? url.deletingPathExtension() : url
    return plain.pathExtension.lowercased()
  }
}
