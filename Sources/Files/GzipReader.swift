import CZlib
package import Foundation

/// Inflates a gzip file that is held in memory.
package enum GzipReader {
  /// Why a file could not be inflated.
  package enum Failure: Error, Equatable {
    /// It is not gzip, or it is damaged or cut short.
    case damaged(reason: String)
    /// It inflates to more than the limit.
    case tooLarge
  }

  /// Whether `data` starts as a gzip file does.
  package static func isGzip(_ data: Data) -> Bool {
    data.count >= 2 && data[data.startIndex] == 0x1F && data[data.startIndex + 1] == 0x8B
  }

  /// The inflated bytes of `data`, all its members, at most `limit` of them.
  ///
  /// `isEnough` is asked about each new stretch, of 256 kB at most, and ends the work when it says so: what comes
  /// after is not read, and the checksum, which stands at the end, not verified.
  package static func inflate(
    _ data: Data, limit: Int, isEnough: (ArraySlice<UInt8>) -> Bool = { _ in false }
  ) throws -> [UInt8] {
    guard isGzip(data) else { throw Failure.damaged(reason: "no gzip header") }
    guard data.count < Int(UInt32.max) else { throw Failure.tooLarge }
    var stream = z_stream()
    // 15 bits of window; 16 more ask for the gzip wrapper and its checksum.
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw Failure.damaged(reason: "zlib does not start")
    }
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    var input = [UInt8](data)
    try input.withUnsafeMutableBufferPointer { input in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      while true {
        let start = output.count
        let isMemberEnd = try fill(&output, from: &stream, limit: limit)
        if isEnough(output[start...]) { return }
        guard isMemberEnd else { continue }
        // Another member may follow; anything else after the end is padding.
        guard stream.avail_in >= 2, stream.next_in?[0] == 0x1F, stream.next_in?[1] == 0x8B else { return }
        guard inflateReset(&stream) == Z_OK else { throw Failure.damaged(reason: "zlib does not restart") }
      }
    }
    return output
  }

  /// Inflates `bytes`, all members, and hands on each new stretch, of 1 MB at most; nothing is kept.
  package static func inflate(
    _ bytes: UnsafeRawBufferPointer, stretch: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var stream = z_stream()
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw Failure.damaged(reason: "zlib does not start")
    }
    defer { inflateEnd(&stream) }
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { output.deallocate() }
    var rest = bytes
    var isMemberEnd = false
    while true {
      if stream.avail_in == 0 {
        // The stream counts in 32 bits.
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
        stream.next_in = UnsafeMutablePointer(mutating: part.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(part.count)
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
      }
      if isMemberEnd {
        guard stream.avail_in >= 2, stream.next_in?[0] == 0x1F, stream.next_in?[1] == 0x8B else { return }
        guard inflateReset(&stream) == Z_OK else { throw Failure.damaged(reason: "zlib does not restart") }
      }
      stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(output.count)
      let status = CZlib.inflate(&stream, Z_NO_FLUSH)
      let count = output.count - Int(stream.avail_out)
      if count > 0 { try stretch(UnsafeRawBufferPointer(rebasing: output.prefix(count))) }
      isMemberEnd = status == Z_STREAM_END
      guard isMemberEnd || status == Z_OK, isMemberEnd || count > 0 || stream.avail_in > 0 || !rest.isEmpty
      else {
        let isCut = status == Z_OK || status == Z_BUF_ERROR
        let reason = isCut ? "it is cut short" : stream.msg.map { String(cString: $0) }
        throw Failure.damaged(reason: reason ?? "zlib error \(status)")
      }
    }
  }

  /// Inflates one more chunk; true at the end of a member.
  private static func fill(_ output: inout [UInt8], from stream: inout z_stream, limit: Int) throws -> Bool {
    let chunk = 1 << 18
    let start = output.count
    guard start <= limit else { throw Failure.tooLarge }
    output.append(contentsOf: repeatElement(0, count: chunk))
    let status = output.withUnsafeMutableBufferPointer { output in
      stream.next_out = output.baseAddress.map { $0 + start }
      stream.avail_out = UInt32(chunk)
      return CZlib.inflate(&stream, Z_NO_FLUSH)
    }
    output.removeLast(Int(stream.avail_out))
    guard output.count <= limit else { throw Failure.tooLarge }
    switch status {
    case Z_STREAM_END: return true
    case Z_OK where output.count > start || stream.avail_in > 0: return false
    case Z_OK, Z_BUF_ERROR: throw Failure.damaged(reason: "it is cut short")
    default: throw Failure.damaged(reason: stream.msg.map { String(cString: $0) } ?? "zlib error \(status)")
    }
  }
}
