import CLIP
import Foundation
import JSON
import Sharding
import TestSupport
import Testing

/// Shards that tests make, and what is made of them.
enum ShardSet {
  /// A model of a few thousand parameters.
  static let model = TestData.fixtures().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("PlumbTests/Fixtures/tiny-clip")

  /// The model, opened.
  static func embedder() throws -> CLIPEmbedder {
    try CLIPEmbedder(opening: model, options: CLIPEmbedder.Options(threads: 2))
  }

  /// A bitmap of 24 × 24 pixels, one for each number.
  static func bitmap(_ number: Int) -> Data {
    func bytes(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    let pixels = (0..<24 * 24 * 3).map { UInt8(($0 * (number % 251 + 3) + number) & 255) }
    let header = Array("BM".utf8) + bytes(54 + pixels.count, 4) + bytes(0, 4) + bytes(54, 4)
    let format = bytes(40, 4) + bytes(24, 4) + bytes(24, 4) + bytes(1, 2) + bytes(24, 2) + bytes(0, 24)
    return Data(header + format + pixels)
  }

  /// The members of pairs with these numbers.
  static func members(_ numbers: Range<Int>) -> [(name: String, data: Data)] {
    numbers.flatMap { number in
      [
        (name: "\(number).bmp", data: bitmap(number)),
        (name: "\(number).txt", data: Data("a picture of thing number \(number)".utf8)),
      ]
    }
  }

  /// Writes shards of so many pairs each, numbered through.
  static func write(_ count: Int, of pairs: Int, in folder: URL) throws -> [Shard] {
    try (0..<count).map { index in
      let first = index * pairs
      return try write(members(first..<(first + pairs)), as: "0000\(index)", in: folder)
    }
  }

  /// Writes one shard of these members.
  static func write(_ members: [(name: String, data: Data)], as name: String, in folder: URL) throws -> Shard
  {
    let url = folder.appendingPathComponent("\(name).tar")
    try TarBytes.file(members).write(to: url)
    return Shard(url)
  }

  /// The rows of a finished shard.
  static func rows(_ folder: URL) throws -> [[String: JSONValue]] {
    let text = try String(contentsOf: folder.appendingPathComponent("rows.jsonl"), encoding: .utf8)
    return try text.split(separator: "\n").map { try #require(JSONValue(parsing: $0.utf8).object) }
  }

  /// The names of everything in a folder, hidden files and sub-folders included.
  static func names(_ folder: URL) throws -> [String] {
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return names.sorted()
  }
}
