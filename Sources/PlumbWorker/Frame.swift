import Files
import Foundation
import JSON

/// A request or an answer: a line of JSON, and raw bytes after it.
struct Frame {
  /// The members of the line.
  var header: [String: JSONValue]
  /// The bytes.
  var payload: Data

  /// The most bytes of a line.
  static let longestHeader = 64 << 20
  /// The most bytes of a payload.
  static let largestPayload = 1 << 30
}

/// Why nobody can tell where the next request begins.
struct FrameError: Error, CustomStringConvertible {
  let description: String
}

/// Answers cannot be written, though somebody may read them.
struct AnswerError: Error, CustomStringConvertible {
  let description: String
}

/// Reads frames from a file descriptor, a piece at a time.
struct FrameReader {
  private let file: Int32
  private var buffer = Data()
  private var scratch = [UInt8](repeating: 0, count: 1 << 18)

  /// Reads from `file`.
  init(_ file: Int32) { self.file = file }

  /// The next frame; nil at the end of the input.
  ///
  /// - Throws: ``FrameError``.
  mutating func next() throws -> Frame? {
    guard let line = try line() else { return nil }
    let value: JSONValue
    do { value = try JSONValue(parsing: line, duplicates: .refused, depthLimit: 8) } catch {
      throw FrameError(description: "the header of a request is not JSON: \(sentence(for: error))")
    }
    guard let header = value.object else {
      throw FrameError(description: "the header of a request must be a JSON object, not \(value.summary).")
    }
    var count = 0
    if let bytes = header["bytes"] {
      guard let number = bytes.integer, (0...Frame.largestPayload).contains(number) else {
        throw FrameError(
          description:
            "\"bytes\" must be a whole number from 0 to \(Frame.largestPayload), not \(bytes.summary).")
      }
      count = number
    }
    return Frame(header: header, payload: try payload(count))
  }

  /// The bytes up to the end of a line; nil at the end of the input.
  private mutating func line() throws -> Data? {
    var searched = buffer.startIndex
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = buffer[..<end]
        guard line.count <= Frame.longestHeader else { throw tooLong }
        buffer = Data(buffer[(end + 1)...])
        return line
      }
      guard buffer.count <= Frame.longestHeader else { throw tooLong }
      searched = buffer.endIndex
      guard try fill(1 << 18) else {
        guard buffer.isEmpty else { throw FrameError(description: "the input ends within a header.") }
        return nil
      }
    }
  }

  private var tooLong: FrameError {
    FrameError(description: "the header of a request has more than \(Frame.longestHeader) bytes.")
  }

  private mutating func payload(_ count: Int) throws -> Data {
    // Memory is taken as bytes come, not as the header promises.
    while buffer.count < count {
      guard try fill(count - buffer.count) else {
        throw FrameError(
          description: "the input ends within a payload: \(count) bytes were promised, \(buffer.count) came.")
      }
    }
    let payload = Data(buffer.prefix(count))
    buffer = Data(buffer.dropFirst(count))
    return payload
  }

  /// Reads up to `count` bytes; false at the end of the input.
  private mutating func fill(_ count: Int) throws -> Bool {
    while true {
      let step = scratch.withUnsafeMutableBytes { read(file, $0.baseAddress, min(count, $0.count)) }
      if step < 0, errno == EINTR { continue }
      guard step >= 0 else {
        throw FrameError(description: "standard input cannot be read (\(String(cString: strerror(errno)))).")
      }
      buffer += scratch[..<step]
      return step > 0
    }
  }
}

/// Writes frames to a file descriptor.
struct FrameWriter {
  private let file: Int32

  /// Writes to `file`.
  init(_ file: Int32) { self.file = file }

  /// Writes a frame; false where nobody reads any more.
  ///
  /// - Throws: ``AnswerError`` where it cannot be written otherwise, and where a number is none that JSON has; nothing is then written.
  func write(_ header: [JSONValue.Member], payload: [Data] = []) throws -> Bool {
    var header = header
    let count = payload.reduce(0) { $0 + $1.count }
    if count > 0 { header.append(.init("bytes", .integer(count))) }
    let line = try JSONValue.object(header).text() + "\n"
    for piece in [Data(line.utf8)] + payload {
      guard piece.write(toDescriptor: file) else {
        guard errno != EPIPE, errno != ECONNRESET else { return false }
        throw AnswerError(
          description:
            "standard output: cannot be written (\(String(cString: strerror(errno)))); send it elsewhere."
        )
      }
    }
    return true
  }
}

extension Data {
  /// Writes all bytes; false where the system does not take them.
  func write(toDescriptor file: Int32) -> Bool {
    withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Foundation.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  /// The bytes of numbers, one after the other.
  init<Number>(numbers: [Number]) { self = numbers.withUnsafeBytes { Data($0) } }
}
