import Files
import Foundation
import JSON

/// Writes what is kept of a shard: a line for each pair, and a new archive with the members of those pairs, byte for byte.
struct KeptShard {
  /// The list of pairs.
  let list: URL
  /// The new archive.
  let archive: URL

  init(_ name: String, in output: URL) {
    list = output.appendingPathComponent("\(name).jsonl")
    archive = output.appendingPathComponent("\(name).tar")
  }

  /// Whether both are there, the archive where there is to be one.
  ///
  /// - Throws: ``ShardingError/otherList(file:)`` where the list has other pairs than it would have now.
  func isDone(_ lines: [String], hasArchive: Bool) throws -> Bool {
    guard FileManager.default.fileExists(atPath: list.path) else { return false }
    guard (try? Data(contentsOf: list)) == Data(lines.map { $0 + "\n" }.joined().utf8) else {
      throw ShardingError.otherList(file: list.relativePath)
    }
    return !hasArchive || FileManager.default.fileExists(atPath: archive.path)
  }

  /// Writes both, the list last.
  ///
  /// - Parameters:
  ///   - lines: the lines of the list.
  ///   - keys: the keys of the pairs.
  ///   - shard: the archive that the members come from; nil where none is to be written.
  /// - Throws: ``ShardingError``, `FileWriteError`.
  func write(_ lines: [String], keys: Set<String>, from shard: Shard?) throws {
    if let shard { try copy(keys, from: shard) }
    let file = try AtomicFile(list)
    for line in lines { try file.write(line + "\n") }
    try file.commit()
  }

  private func copy(_ keys: Set<String>, from shard: Shard) throws {
    let reader = try ShardReader(shard)
    let source: FileHandle
    do { source = try FileHandle(forReadingFrom: shard.url) } catch {
      throw ShardingError.unreadable(file: shard.url.relativePath, reason: "it cannot be opened")
    }
    defer { try? source.close() }
    let file = try AtomicFile(archive)
    var found = 0
    while let pair = try reader.next(1).first {
      guard keys.contains(pair.key) else { continue }
      found += 1
      for stretch in pair.stretches { try Self.copy(stretch, of: source, named: shard, to: file) }
    }
    guard found == keys.count else {
      throw ShardingError.damaged(
        file: shard.url.relativePath,
        problem: "it has only \(found) of the \(keys.count) pairs that are kept of it",
        remedy: "give the shard that was scored")
    }
    // The end mark of an archive: two blocks of zeros.
    try [UInt8](repeating: 0, count: 1024).withUnsafeBytes { try file.write($0) }
    try file.commit()
  }

  private static func copy(
    _ stretch: Range<Int>, of source: FileHandle, named shard: Shard, to file: AtomicFile
  ) throws {
    var left = stretch.count
    do {
      try source.seek(toOffset: UInt64(stretch.lowerBound))
      while left > 0 {
        let bytes = try source.read(upToCount: min(left, 1 << 20)) ?? Data()
        guard !bytes.isEmpty else { break }
        try bytes.withUnsafeBytes { try file.write($0) }
        left -= bytes.count
      }
    } catch let error as FileWriteError {
      throw error
    } catch {
      throw ShardingError.unreadable(file: shard.url.relativePath, reason: "its bytes cannot be read")
    }
    guard left == 0 else {
      throw ShardingError.unreadable(file: shard.url.relativePath, reason: "it ends within a pair")
    }
  }
}
