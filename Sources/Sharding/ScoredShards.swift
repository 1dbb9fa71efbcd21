import CLIP
import Files
public import Foundation
import JSON

/// The finished shards of one or more outputs, in the order of the outputs and of the shards' names.
public struct ScoredShards: Sendable {
  /// A finished shard.
  struct Place: Sendable {
    let name: String
    let folder: URL
    let pairs: Int
    /// How many bytes the archive had.
    let byteCount: Int
  }

  let places: [Place]
  /// Whether their rows have scores.
  let haveScores: Bool
  /// The folders as they were named.
  let folders: [URL]
  /// What made them.
  let settings: RunSettings

  /// Finds the finished shards in folders that `plumb score --shards` or `plumb embed --shards` has written.
  ///
  /// - Throws: ``ShardingError``, where the folders were made with different settings too.
  public init(_ folders: [URL]) throws {
    var places: [Place] = []
    var seen: [String: URL] = [:]
    var first: (folder: URL, settings: RunSettings)?
    for folder in folders {
      guard FileManager.default.fileExists(atPath: folder.appendingPathComponent(RunSettings.file).path)
      else {
        throw ShardingError.nothingDone(folder: folder.relativePath)
      }
      let settings = try RunSettings(of: folder)
      if let first, let key = first.settings.difference(from: settings) {
        throw ShardingError.mixedSettings(
          folders: [first.folder, folder].map(\.relativePath), setting: key,
          values: [first.settings, settings].map { $0[key] ?? "none" })
      }
      first = first ?? (folder, settings)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []
      let count = places.count
      for name in names where !name.hasPrefix(".") {
        let place = folder.appendingPathComponent(name, isDirectory: true)
        let summary = place.appendingPathComponent(ShardFolder.File.summary)
        guard FileManager.default.fileExists(atPath: summary.path) else { continue }
        if let other = seen.updateValue(place, forKey: name) {
          throw ShardingError.sameName(name: name, files: [other, place].map(\.relativePath))
        }
        let finished = try ShardSummary(finished: place)
        places.append(
          Place(name: name, folder: place, pairs: finished.pairs, byteCount: finished.byteCount))
      }
      guard places.count > count else { throw ShardingError.nothingDone(folder: folder.relativePath) }
    }
    guard let first else { throw ShardingError.nothingDone(folder: "") }
    self.places = places
    self.folders = folders
    settings = first.settings
    haveScores = settings["command"] == ShardTask.scores().command
  }
}

/// A line of a shard's `rows.jsonl`, as far as filtering needs it.
struct PairRow: Sendable {
  let key: String
  /// Whether it was embedded or scored.
  let isEmbedded: Bool
  let score: Double?
  let hash: ImageHash?
  /// The line itself.
  let value: [JSONValue.Member]
}

/// The first half of an image's SHA-256.
struct ImageHash: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  /// Reads 32 hexadecimal digits.
  init?(_ text: String) {
    guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
      let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.high = high
    self.low = low
  }
}

extension ScoredShards.Place {
  /// Calls `body` with each row, in order.
  ///
  /// - Throws: ``ShardingError/damagedOutput(file:problem:)``, and what `body` throws.
  func forEachRow(_ body: (PairRow) throws -> Void) throws {
    let url = folder.appendingPathComponent(ShardFolder.File.rows)
    let file: MappedFile
    do { file = try MappedFile(url) } catch {
      throw ShardingError.damagedOutput(file: url.relativePath, problem: "it cannot be read")
    }
    var count = 0
    for line in file.bytes.split(separator: UInt8(ascii: "\n")) {
      count += 1
      guard case .object(let members)? = try? JSONValue(parsing: line),
        let key = members.first(where: { $0.key == "key" })?.value.string
      else {
        throw ShardingError.damagedOutput(
          file: "\(url.relativePath), line \(count)", problem: "it is no row of a pair")
      }
      func value(_ key: String) -> JSONValue? { members.first { $0.key == key }?.value }
      try body(
        PairRow(
          key: key, isEmbedded: value("row")?.integer != nil, score: value("score")?.number,
          hash: value("sha256")?.string.flatMap { ImageHash($0) }, value: members))
    }
    guard count == pairs else {
      throw ShardingError.damagedOutput(
        file: url.relativePath, problem: "it has \(count) rows, and its summary says \(pairs)")
    }
  }
}
