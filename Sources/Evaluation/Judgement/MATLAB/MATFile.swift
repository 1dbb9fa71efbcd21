import CZlib
import CaptionData
import Foundation

/// A MATLAB file of version 5 (which MATLAB's `-v6` and `-v7` write): named arrays, each perhaps compressed.
///
/// Arrays are read where they are asked for; a hundred thousand nested ones cost no more than their places. The format
/// is MathWorks' "MAT-File Format", 2013.
struct MATFile {
  /// The most bytes that one array may inflate to.
  static let sizeLimit = 1 << 31

  /// The file as the user named it.
  let name: String
  private let bytes: [UInt8]
  private let isLittleEndian: Bool

  /// Opens a file.
  ///
  /// - Throws: ``JudgementError/malformed(file:line:problem:)``, ``DatasetError/unreadable(file:reason:)``.
  init(_ url: URL) throws {
    guard let data = FileManager.default.contents(atPath: url.path) else {
      throw DatasetError.unreadable(file: url.relativePath, reason: "it is not there, or may not be read")
    }
    try self.init(name: url.relativePath, bytes: Array(data))
  }

  init(name: String, bytes: [UInt8]) throws {
    self.name = name
    self.bytes = bytes
    if bytes.count > 8, bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) || Self.isHDF5(bytes) {
      throw Self.malformed(name, "it is of MATLAB's version 7.3 (HDF5); save it again with save -v7")
    }
    guard bytes.count >= 128 else { throw Self.malformed(name, "it is not a MATLAB file of version 5") }
    switch (bytes[126], bytes[127]) {
    case (UInt8(ascii: "I"), UInt8(ascii: "M")): isLittleEndian = true
    case (UInt8(ascii: "M"), UInt8(ascii: "I")): isLittleEndian = false
    default: throw Self.malformed(name, "it is not a MATLAB file of version 5")
    }
  }

  private static func isHDF5(_ bytes: [UInt8]) -> Bool {
    String(decoding: bytes.prefix(19), as: UTF8.self) == "MATLAB 7.3 MAT-file"
  }

  static func malformed(_ file: String, _ problem: String) -> JudgementError {
    .malformed(file: file, line: nil, problem: problem)
  }

  /// The array of a name.
  ///
  /// - Throws: ``JudgementError/malformed(file:line:problem:)`` where it is not there or the file is damaged.
  func array(_ wanted: String) throws -> MATArray {
    var names: [String] = []
    let file = MATSource(file: name, bytes: bytes, isLittleEndian: isLittleEndian)
    var at = 128
    while at + 8 <= bytes.count {
      var found = try file.element(at: at, end: bytes.count)
      at = found.next
      var source = file
      if found.type == .compressed {
        source = MATSource(
          file: name, bytes: try Self.inflate(bytes[found.range], file: name), isLittleEndian: isLittleEndian)
        found = try source.element(at: 0, end: source.bytes.count)
      }
      guard found.type == .matrix else { continue }
      let array = try MATArray(source, found.range)
      if array.name == wanted { return array }
      names.append("\"\(array.name)\"")
    }
    throw Self.malformed(
      name,
      "it has no array \"\(wanted)\", only \(names.isEmpty ? "none at all" : names.joined(separator: ", "))")
  }

  private static func inflate(_ input: ArraySlice<UInt8>, file: String) throws -> [UInt8] {
    var stream = z_stream()
    guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw malformed(file, "zlib does not start")
    }
    defer { inflateEnd(&stream) }
    var input = Array(input)
    guard input.count < Int(UInt32.max) else { throw malformed(file, "it is too large") }
    var output: [UInt8] = []
    let chunk = 1 << 20
    let status = input.withUnsafeMutableBufferPointer { input -> Int32 in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      while true {
        let start = output.count
        guard start <= sizeLimit else { return Z_MEM_ERROR }
        output.append(contentsOf: repeatElement(0, count: chunk))
        let status = output.withUnsafeMutableBufferPointer { output in
          stream.next_out = output.baseAddress.map { $0 + start }
          stream.avail_out = UInt32(chunk)
          return CZlib.inflate(&stream, Z_NO_FLUSH)
        }
        output.removeLast(Int(stream.avail_out))
        if status != Z_OK || output.count == start { return status }
      }
    }
    if status == Z_MEM_ERROR { throw malformed(file, "an array in it is too large") }
    guard status == Z_STREAM_END else { throw malformed(file, "it is damaged or cut short") }
    return output
  }
}
