import CLIP
import CZlib
import Foundation
import Synchronization

/// Images in a file: a header, an entry of fixed size for every item, then pixels in the order in which they came.
///
/// An entry is written after its pixels, and holds their checksum, so a process that is killed leaves nothing that is
/// taken for an image. Room is handed out under a lock of the file, so processes may share it. Everything is read
/// and written with `pread` and `pwrite`: a full disk stops the keeping and nothing else.
final class ImageFile: Sendable {
  private static let magic: UInt64 = 0x5849_5042_4D55_4C50  // "PLUMBPIX"
  private static let version: UInt64 = 1
  private static let headerSize = 64
  private static let entrySize = 24
  /// What no offset exceeds, so that sums of them stay in range.
  private static let largest: UInt64 = 1 << 60 - 1

  private struct State {
    /// Items whose pixels were checked or written by this process.
    var known: Set<Int> = []
    var isFull = false
  }

  private let descriptor: Int32
  private let itemCount: Int
  private let byteLimit: Int
  private let state = Mutex(State())

  private var dataStart: Int { Self.headerSize + itemCount * Self.entrySize }

  init(_ url: URL, edge: Int, byteLimit: Int, itemCount: Int, identity: UInt64) throws {
    let name = url.relativePath
    self.itemCount = itemCount
    self.byteLimit = byteLimit
    descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o644)
    guard descriptor >= 0 else {
      throw DataError.unreadable(file: name, reason: String(cString: strerror(errno)))
    }
    flock(descriptor, LOCK_EX)
    defer { flock(descriptor, LOCK_UN) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw DataError.badCache(file: name, problem: "it is not a file")
    }
    let fields = [Self.magic, Self.version, UInt64(edge), UInt64(itemCount), identity]
    if status.st_size == 0 {
      let header = (fields + [0, 0, 0]).withUnsafeBytes { [UInt8]($0) }
      guard write(header, at: 0), ftruncate(descriptor, off_t(dataStart)) == 0 else {
        throw DataError.unreadable(file: name, reason: String(cString: strerror(errno)))
      }
    } else {
      let found = (read(Self.headerSize, at: 0) ?? []).withUnsafeBytes {
        [UInt64]($0.bindMemory(to: UInt64.self))
      }
      guard found.count == 8, found[0] == Self.magic else {
        throw DataError.badCache(file: name, problem: "this is not a file of prepared images")
      }
      guard found[..<5].elementsEqual(fields), Int(status.st_size) >= dataStart else {
        throw DataError.badCache(
          file: name, problem: "it was made for other images, or for an edge of another length")
      }
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  var knownCount: Int { state.withLock { $0.known.count } }

  func image(_ item: Int) -> PreparedImage? {
    guard (0..<itemCount).contains(item), let entry = read(Self.entrySize, at: entryOffset(item)) else {
      return nil
    }
    let words = entry.withUnsafeBytes { [UInt32]($0.bindMemory(to: UInt32.self)) }
    guard words.count == 6, words[5] == 1 else { return nil }
    let offset = Int((UInt64(words[0]) | UInt64(words[1]) << 32) & Self.largest)
    let (height, width) = (Int(words[2]), Int(words[3]))
    guard (1...1 << 15).contains(height), (1...1 << 15).contains(width), offset >= dataStart,
      let pixels = read(height * width * 3, at: offset), pixels.count == height * width * 3
    else { return nil }
    if !state.withLock({ $0.known.contains(item) }) {
      guard Self.checksum(pixels) == words[4] else { return nil }
      state.withLock { _ = $0.known.insert(item) }
    }
    return PreparedImage(height: height, width: width, pixels: pixels)
  }

  func keep(_ image: PreparedImage, item: Int) {
    guard (0..<itemCount).contains(item), let offset = room(for: image.pixels.count) else { return }
    let place = UInt64(offset)
    let entry: [UInt32] = [
      UInt32(truncatingIfNeeded: place), UInt32(truncatingIfNeeded: place >> 32), UInt32(image.height),
      UInt32(image.width), Self.checksum(image.pixels), 1,
    ]
    if write(image.pixels, at: offset), write(entry.withUnsafeBytes { [UInt8]($0) }, at: entryOffset(item)) {
      state.withLock { _ = $0.known.insert(item) }
    } else {
      state.withLock { $0.isFull = true }
    }
  }

  /// Takes room of the file; nil where there is none left.
  private func room(for size: Int) -> Int? {
    state.withLock { state in
      guard !state.isFull, flock(descriptor, LOCK_EX) == 0 else { return nil }
      defer { flock(descriptor, LOCK_UN) }
      let usedAt = 5 * MemoryLayout<UInt64>.size
      guard let bytes = read(8, at: usedAt), bytes.count == 8 else { return nil }
      let used = Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } & Self.largest)
      guard used <= byteLimit, size <= byteLimit - used else {
        state.isFull = true
        return nil
      }
      guard write(withUnsafeBytes(of: UInt64(used + size)) { [UInt8]($0) }, at: usedAt) else {
        state.isFull = true
        return nil
      }
      return dataStart + used
    }
  }

  private func entryOffset(_ item: Int) -> Int { Self.headerSize + item * Self.entrySize }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32(0, $0.baseAddress, UInt32($0.count))) }
  }

  /// Bytes of the file, fewer where it ends; nil where it cannot be read.
  private func read(_ count: Int, at offset: Int) -> [UInt8]? {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < count {
        let step = pread(descriptor, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
        if step < 0 && errno == EINTR { continue }
        failed = step < 0
        if step <= 0 { return }
        done += step
      }
    }
    return failed ? nil : bytes
  }

  private func write(_ bytes: [UInt8], at offset: Int) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let step = pwrite(
          descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
        if step < 0 && errno == EINTR { continue }
        if step <= 0 { return false }
        done += step
      }
      return true
    }
  }
}
