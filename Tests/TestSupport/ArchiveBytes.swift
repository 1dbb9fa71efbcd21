public import Foundation

/// Makes zip files of stored entries, as `torch.save` and many others do.
public enum ZipBytes {
  /// A zip file of these entries, in their order. The content of an entry that `deflated` names is deflated already, to become
  /// so many bytes.
  public static func file(_ entries: [(name: String, content: Data)], deflated: [String: Int] = [:]) -> Data {
    var file = Data()
    var directory = Data()
    for (name, content) in entries {
      let start = UInt32(file.count)
      var common = Data()
      let size = deflated[name]
      common.append(integers: [0, size == nil ? 0 : 8, 0, 0] as [UInt16])  // flags, method, time, date
      common.append(
        integers: [Checksum.crc32(content), UInt32(content.count), UInt32(size ?? content.count)] as [UInt32])
      common.append(integers: [UInt16(name.utf8.count), 0] as [UInt16])
      file.append(integers: [0x0403_4B50] as [UInt32])
      file.append(integers: [20] as [UInt16])
      file.append(common + Data(name.utf8) + content)
      directory.append(integers: [0x0201_4B50] as [UInt32])
      directory.append(integers: [20, 20] as [UInt16])
      directory.append(common)
      directory.append(integers: [0, 0, 0, 0, 0] as [UInt16])
      directory.append(integers: [start] as [UInt32])
      directory.append(contentsOf: name.utf8)
    }
    let offset = UInt32(file.count)
    file.append(directory)
    file.append(integers: [0x0605_4B50] as [UInt32])
    file.append(integers: [0, 0, UInt16(entries.count), UInt16(entries.count)] as [UInt16])
    file.append(integers: [UInt32(directory.count), offset] as [UInt32])
    file.append(integers: [0] as [UInt16])
    return file
  }
}

/// Makes gzip files that hold their content as it is.
public enum GzipBytes {
  /// One member, in stored blocks.
  public static func file(_ content: Data) -> Data {
    var file = Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])
    var rest = content[...]
    repeat {
      let block = rest.prefix(0xFFFF)
      rest = rest.dropFirst(block.count)
      file.append(rest.isEmpty ? 1 : 0)
      file.append(integers: [UInt16(block.count), ~UInt16(block.count)])
      file.append(block)
    } while !rest.isEmpty
    file.append(integers: [Checksum.crc32(content), UInt32(truncatingIfNeeded: content.count)])
    return file
  }
}

/// Makes tar archives of regular files.
public enum TarBytes {
  /// An archive of these files, in their order.
  public static func file(_ files: [(name: String, data: Data)]) -> Data {
    var data = Data()
    for file in files {
      data += header(file.name, size: file.data.count)
      data += file.data
      data += Data(count: (512 - file.data.count % 512) % 512)
    }
    return data + Data(count: 1024)
  }

  /// The header of a member: of a file, or where `type` is "1" or "2" of a hard or symbolic link to the file `target`.
  public static func header(_ name: String, size: Int = 0, type: String = "0", target: String = "") -> Data {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    func octal(_ number: Int, _ width: Int) -> String {
      let digits = String(number, radix: 8)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    put(name, at: 0)
    put("0000644", at: 100)
    put(octal(size, 11), at: 124)
    put(octal(0, 11), at: 136)
    put("        ", at: 148)
    put(type, at: 156)
    put(target, at: 157)
    put("ustar", at: 257)
    put("00", at: 263)
    let sum = header.reduce(0) { $0 + Int($1) }
    put(octal(sum, 6), at: 148)
    header[154] = 0
    return Data(header)
  }
}

private enum Checksum {
  static func crc32(_ content: Data) -> UInt32 {
    ~content.reduce(~0) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}

extension Data {
  /// Adds integers in little-endian order.
  public mutating func append<T: FixedWidthInteger>(integers: [T]) {
    for value in integers { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }
  }
}
