package import Foundation
import JSON

/// Writes tensors as one safetensors file, tensor by tensor.
package struct SafetensorsWriter {
  /// How the elements are stored.
  let storage: StorageType
  /// Whether rows of matrices become bytes with a scale each; see ``ByteRows``.
  let roundsRows: Bool
  /// What the header says beside the tensors.
  let metadata: [String: String]

  /// A writer of elements of one type but for those that are rounded.
  package init(
    storage: StorageType, roundsRows: Bool = false, metadata: [String: String] = ["format": "pt"]
  ) {
    self.storage = storage
    self.roundsRows = roundsRows
    self.metadata = metadata
  }

  /// A tensor of the file.
  private struct Entry {
    var name: String
    var type: String
    var shape: [Int]
    var byteCount: Int
    var content: Content

    enum Content {
      case numbers(StoredTensor)
      case bytes([UInt8])
    }
  }

  /// Elements converted at a time.
  private static let chunk = 1 << 18

  /// Writes a file; returns the number of elements of each tensor that became infinite.
  ///
  /// Throws ``CheckpointError/unwritable(path:reason:)``.
  package func write(_ tensors: [String: StoredTensor], to url: URL) throws -> [String: Int] {
    let ordered = tensors.sorted { $0.key < $1.key }.flatMap { entries($0, $1) }
    let output = try OutputFile(url)
    try output.write(header(ordered))
    var overflows: [String: Int] = [:]
    let width = storage.byteCount
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk * width, alignment: 64)
    defer { buffer.deallocate() }
    for entry in ordered {
      switch entry.content {
      case .bytes(let bytes): try output.write(bytes)
      case .numbers(let tensor) where tensor.type == storage: try output.write(tensor.bytes)
      case .numbers(let tensor):
        for start in stride(from: 0, to: tensor.count, by: Self.chunk) {
          let range = start..<min(start + Self.chunk, tensor.count)
          let lost = tensor.convert(range, to: storage, into: buffer)
          if lost > 0 { overflows[entry.name, default: 0] += lost }
          try output.write(UnsafeRawBufferPointer(rebasing: buffer[0..<(range.count * width)]))
        }
      }
    }
    try output.close()
    return overflows
  }

  /// Replaces a file, which is there whole or as it was before. Throws ``CheckpointError/unwritable(path:reason:)``.
  package func replace(_ url: URL, by tensors: [String: StoredTensor]) throws {
    let draft = url.appendingPathExtension("part")
    unlink(draft.path)
    do {
      _ = try write(tensors, to: draft)
      let descriptor = open(draft.path, O_RDONLY | O_CLOEXEC)
      if descriptor >= 0 {
        fsync(descriptor)
        close(descriptor)
      }
      guard rename(draft.path, url.path) == 0 else {
        throw CheckpointError.unwritable(path: url.path, reason: String(cString: strerror(errno)))
      }
    } catch {
      unlink(draft.path)
      throw error
    }
  }

  private func entries(_ name: String, _ tensor: StoredTensor) -> [Entry] {
    guard roundsRows, let rows = ByteRows(tensor) else {
      return [
        Entry(
          name: name, type: storage.rawValue, shape: tensor.shape,
          byteCount: tensor.count * storage.byteCount, content: .numbers(tensor))
      ]
    }
    let scales = rows.scales.map(\.littleEndian).withUnsafeBytes(Array.init)
    return [
      Entry(
        name: name, type: "I8", shape: tensor.shape, byteCount: rows.bytes.count, content: .bytes(rows.bytes)),
      Entry(
        name: name + ByteRows.suffix, type: StorageType.float16.rawValue, shape: [rows.scales.count],
        byteCount: scales.count, content: .bytes(scales)),
    ]
  }

  /// The header, filled up with spaces so that the data starts at a multiple of 8.
  private func header(_ ordered: [Entry]) throws -> [UInt8] {
    var entries: [String: JSONValue] = [
      "__metadata__": JSONValue(sorted: metadata.mapValues { .string($0) })
    ]
    var offset = 0
    for entry in ordered {
      let end = offset + entry.byteCount
      entries[entry.name] = [
        "dtype": .string(entry.type), "shape": .array(entry.shape.map(JSONValue.integer)),
        "data_offsets": [.integer(offset), .integer(end)],
      ]
      offset = end
    }
    var text = Array(try JSONValue(sorted: entries).text().utf8)
    text += [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
  }
}

/// A new file that is written from start to end.
private final class OutputFile {
  private let url: URL
  private var descriptor: Int32

  init(_ url: URL) throws {
    self.url = url
    descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(url) }
  }

  deinit { if descriptor >= 0 { _ = Foundation.close(descriptor) } }

  func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(url) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Closes the file; some systems tell only now that the disk is full.
  func close() throws {
    let result = Foundation.close(descriptor)
    descriptor = -1
    guard result == 0 else { throw Self.failure(url) }
  }

  private static func failure(_ url: URL) -> CheckpointError {
    .unwritable(path: url.path, reason: String(cString: strerror(errno)))
  }
}
