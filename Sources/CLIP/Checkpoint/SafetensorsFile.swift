import Files
public import Foundation
import JSON

/// A memory-mapped safetensors file whose header has been checked before any of it is believed.
///
/// The format: eight bytes of little-endian header length, a JSON object of
/// `name: {"dtype", "shape", "data_offsets": [begin, end]}`, then the data, which the tensors must cover without a
/// hole or an overlap.
public struct SafetensorsFile: Sendable {
  /// Where a tensor lies in the file.
  public struct Entry: Sendable, Equatable {
    /// The type as the header names it, `F32` or `I64`.
    public let type: String
    /// The extent of each dimension.
    public let shape: [Int]
    /// The bytes, counted from the start of the file.
    public let range: Range<Int>
  }

  /// The tensors by name.
  public let entries: [String: Entry]
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  /// Where the file is.
  public var url: URL { file.url }
  private let file: MappedFile

  /// A header may not be longer than this, the limit of the format's own library.
  static let headerLimit = 100_000_000

  /// Opens a file; throws ``CheckpointError`` if its header is not true to the format.
  public init(_ url: URL) throws {
    try self.init(file: try MappedFile(url))
  }

  init(file: MappedFile) throws {
    self.file = file
    let header = try Self.header(of: file)
    let dataStart = 8 + header.count
    let members = try Self.members(of: header, in: file)
    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]
    for (name, value) in members {
      if name == "__metadata__" {
        metadata = try Self.metadata(value, in: file)
      } else {
        entries[name] = try Self.entry(name, value, dataStart: dataStart, in: file)
      }
    }
    try Self.checkCover(entries, dataStart: dataStart, in: file)
    self.metadata = metadata
    self.entries = entries
  }

  /// The tensor of a name, or nil if there is none; throws ``CheckpointError/unsupportedType(file:tensor:found:)``
  /// for integers and other types that are not computed with. Float64 is narrowed to float32, and bytes with a scale for each row, as
  /// `plumb model convert --dtype int8` writes them, are widened to float16.
  public func tensor(_ name: String) throws -> StoredTensor? {
    guard let entry = entries[name] else { return nil }
    if let scales = try scales(of: name, entry) {
      return ByteRows.widened(
        UnsafeRawBufferPointer(rebasing: file.bytes[entry.range]), scales: scales, shape: entry.shape)
    }
    if entry.type == "F64" {
      return try StoredTensor(
        shape: entry.shape, doubles: UnsafeRawBufferPointer(rebasing: file.bytes[entry.range]),
        file: file.url.path, name: name)
    }
    guard let type = StorageType(rawValue: entry.type) else {
      throw CheckpointError.unsupportedType(file: file.url.path, tensor: name, found: entry.type)
    }
    return StoredTensor(
      shape: entry.shape, type: type, bytes: UnsafeRawBufferPointer(rebasing: file.bytes[entry.range]),
      owner: file)
  }
}

extension SafetensorsFile {
  /// The scales of a tensor of bytes; nil for other tensors, and for bytes without scales.
  private func scales(of name: String, _ entry: Entry) throws -> StoredTensor? {
    let own = name + ByteRows.suffix
    guard entry.type == "I8", let scales = entries[own] else { return nil }
    guard scales.type == "F16", scales.shape == Array(entry.shape.prefix(1)), entry.shape.count >= 2 else {
      throw FileReadError.damaged(
        file: file.url.path, key: own,
        expected: "F16 of shape \(entry.shape.prefix(1)), a scale for each row of \(name)",
        found: "\(scales.type) of shape \(scales.shape)")
    }
    return try tensor(own)
  }

  /// Whether a tensor holds the scales of another one.
  func isScales(_ name: String) -> Bool {
    name.hasSuffix(ByteRows.suffix) && entries[String(name.dropLast(ByteRows.suffix.count))]?.type == "I8"
  }
}

extension SafetensorsFile {
  /// Bits an element of every type that the format knows.
  private static let bits: [String: Int] = [
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32,
    "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64,
  ]

  private static func header(of file: MappedFile) throws -> UnsafeRawBufferPointer {
    let bytes = file.bytes
    guard bytes.count >= 8 else {
      throw FileReadError.damaged(
        file: file.url.path, key: "the header's length", expected: "8 bytes", found: "\(bytes.count)")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    let limit = min(bytes.count - 8, headerLimit)
    guard let count = Int(exactly: length), count >= 2, count <= limit else {
      throw FileReadError.damaged(
        file: file.url.path, key: "the header's length",
        expected: "2 to \(limit) bytes, as many as the file can hold", found: "\(length)")
    }
    return UnsafeRawBufferPointer(rebasing: bytes[8..<(8 + count)])
  }

  private static func members(
    of header: UnsafeRawBufferPointer, in file: MappedFile
  ) throws -> [String: JSONValue] {
    do {
      let value = try JSONValue(parsing: header, duplicates: .refused, depthLimit: 8)
      guard let members = value.object else {
        throw FileReadError.damaged(
          file: file.url.path, key: "the header", expected: "a JSON object", found: value.summary)
      }
      return members
    } catch let error as JSONSyntaxError {
      throw FileReadError.damaged(
        file: file.url.path, key: "byte \(8 + error.offset)", expected: "a JSON header", found: error.problem)
    }
  }

  private static func metadata(_ value: JSONValue, in file: MappedFile) throws -> [String: String] {
    guard let members = value.object else {
      throw FileReadError.damaged(
        file: file.url.path, key: "__metadata__", expected: "an object of strings", found: value.summary)
    }
    return try members.mapValues { member in
      guard let text = member.string else {
        throw FileReadError.damaged(
          file: file.url.path, key: "__metadata__", expected: "an object of strings", found: member.summary)
      }
      return text
    }
  }

  private static func entry(
    _ name: String, _ value: JSONValue, dataStart: Int, in file: MappedFile
  ) throws -> Entry {
    func damaged(_ key: String, expected: String, found: JSONValue?) -> FileReadError {
      .damaged(
        file: file.url.path, key: "\(key) of \(name.prefix(200))", expected: expected,
        found: found?.summary ?? "nothing")
    }
    guard let members = value.object else {
      throw damaged("the entry", expected: "an object", found: value)
    }
    guard let type = members["dtype"]?.string, let bits = bits[type] else {
      throw damaged("dtype", expected: "a type of the format", found: members["dtype"])
    }
    guard let extents = members["shape"]?.array, extents.count <= 16 else {
      throw damaged("shape", expected: "a list of at most 16 extents", found: members["shape"])
    }
    let shape = try extents.map { extent in
      guard let whole = extent.integer, whole >= 0 else {
        throw damaged("shape", expected: "extents of 0 or more", found: extent)
      }
      return whole
    }
    let offsets = members["data_offsets"]?.array?.compactMap(\.integer) ?? []
    let available = file.bytes.count - dataStart
    guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= available else {
      throw damaged(
        "data_offsets", expected: "two offsets in order up to \(available), the bytes in the file",
        found: members["data_offsets"])
    }
    var size = (partialValue: bits, overflow: false)
    for extent in shape where !size.overflow {
      size = size.partialValue.multipliedReportingOverflow(by: extent)
    }
    guard !size.overflow, size.partialValue % 8 == 0, size.partialValue / 8 == offsets[1] - offsets[0] else {
      throw damaged(
        "shape", expected: "\(offsets[1] - offsets[0]) bytes of \(type), as its offsets say",
        found: members["shape"])
    }
    return Entry(type: type, shape: shape, range: (dataStart + offsets[0])..<(dataStart + offsets[1]))
  }

  private static func checkCover(_ entries: [String: Entry], dataStart: Int, in file: MappedFile) throws {
    var end = dataStart
    let ordered = entries.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound)
        < ($1.value.range.lowerBound, $1.value.range.upperBound)
    }
    for (name, entry) in ordered {
      guard entry.range.lowerBound == end else {
        throw FileReadError.damaged(
          file: file.url.path, key: "data_offsets of \(name.prefix(200))",
          expected: "\(end - dataStart), where the tensor before it ends",
          found:
            "\(entry.range.lowerBound - dataStart) (\(entry.range.lowerBound < end ? "an overlap" : "a hole"))"
        )
      }
      end = entry.range.upperBound
    }
    guard end == file.bytes.count else {
      throw FileReadError.damaged(
        file: file.url.path, key: "the data", expected: "\(end - dataStart) bytes, as the header says",
        found: "\(file.bytes.count - dataStart)")
    }
  }
}
