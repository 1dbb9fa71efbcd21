import Files
package import Foundation

/// The bytes of a text file, read whole, without byte-order mark, refused unless they look like UTF-8.
package struct TextFile: Sendable {
  /// The file as the user named it, for messages.
  package let name: String
  /// What is in it, without byte-order mark.
  package let bytes: [UInt8]

  /// Creates a file from bytes in memory.
  ///
  /// - Throws: ``DatasetError`` where the bytes are empty, binary, compressed or UTF-16.
  package init(name: String, bytes: [UInt8]) throws(DatasetError) {
    self.name = name
    if let found = Self.foreignFormat(bytes) {
      throw .notText(file: name, found: found.name, remedy: found.remedy)
    }
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    self.bytes = hasMark ? Array(bytes.dropFirst(3)) : bytes
    guard !self.bytes.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) else {
      throw .empty(file: name)
    }
  }

  /// Reads a file, a pipe or `/dev/stdin`.
  ///
  /// - Throws: ``DatasetError``.
  package init(contentsOf url: URL) throws(DatasetError) {
    let name = url.relativePath
    try self.init(name: name, bytes: Self.inflated(Self.read(url, name: name), name: name))
  }

  /// The most bytes that a compressed file may hold.
  private static let inflatedLimit = 4 << 30

  /// What a gzip file holds; other bytes as they are.
  private static func inflated(_ bytes: [UInt8], name: String) throws(DatasetError) -> [UInt8] {
    guard bytes.starts(with: gzip) else { return bytes }
    do {
      return try GzipReader.inflate(Data(bytes), limit: inflatedLimit)
    } catch GzipReader.Failure.damaged(let reason) {
      throw .unreadable(file: name, reason: "the gzip file is damaged: \(reason)")
    } catch {
      throw .unreadable(file: name, reason: "it inflates to more than 4 GiB")
    }
  }

  private static func read(_ url: URL, name: String) throws(DatasetError) -> [UInt8] {
    func failure(_ number: Int32 = errno) -> DatasetError {
      .unreadable(file: name, reason: String(cString: strerror(number)))
    }
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure() }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure() }
    if status.st_mode & S_IFMT == S_IFDIR { throw failure(EISDIR) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = chunk.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure()
      }
      if count == 0 { return bytes }
      if bytes.isEmpty {
        // A large archive of images is not read to its end to find out that it is no text.
        if !chunk.starts(with: gzip), let found = foreignFormat(Array(chunk[..<count])) {
          throw .notText(file: name, found: found.name, remedy: found.remedy)
        }
        try reserve(Int(status.st_size) + 1, for: &bytes, name: name)
      }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Makes room for the bytes of a file. An array that finds no memory ends the process, so it is asked for first.
  private static func reserve(_ count: Int, for bytes: inout [UInt8], name: String) throws(DatasetError) {
    // Not with `malloc`, which optimizers leave out where the memory is not used.
    let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else {
      throw .unreadable(file: name, reason: "there is no memory for its \(count - 1) bytes")
    }
    munmap(memory, count)
    bytes.reserveCapacity(count)
  }

  private static let gzip: [UInt8] = [0x1F, 0x8B]

  /// The name of a format that is plainly not UTF-8 text, and what to do about it.
  private static func foreignFormat(_ bytes: [UInt8]) -> (name: String, remedy: String)? {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return ("UTF-16", "convert it with: iconv -f UTF-16 -t UTF-8")
    }
    if bytes.starts(with: gzip) { return ("compressed with gzip", "unpack it with gunzip") }
    if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      return ("compressed with zstd", "unpack it with unzstd")
    }
    if bytes.starts(with: Array("PK\u{3}\u{4}".utf8)) {
      return ("a zip archive or a spreadsheet", "unpack it, or save the sheet as CSV")
    }
    let start = bytes.prefix(4096)
    if let zero = start.firstIndex(of: 0) {
      let isUTF16 = start.count >= 4 && start.enumerated().count { $0.element == 0 } >= start.count / 4
      return isUTF16 && zero < 2
        ? ("UTF-16", "convert it with: iconv -f UTF-16 -t UTF-8") : ("binary", "give a text file")
    }
    return nil
  }
}

/// The number of the line that holds a byte, counted from one, cheap where the bytes are asked for in order.
package struct LineCounter {
  private var offset = 0
  private var line = 1

  package init() {}

  /// The line of the byte at `target`.
  package mutating func line(at target: Int, in bytes: [UInt8]) -> Int {
    let target = min(target, bytes.count)
    if target < offset { (offset, line) = (0, 1) }
    var count = 0
    for byte in bytes[offset..<target] { count &+= byte == 0x0A ? 1 : 0 }
    line += count
    offset = target
    return line
  }
}
