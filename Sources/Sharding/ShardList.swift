public import CaptionData
import Files
public import Foundation

/// A tar archive of images with captions, as img2dataset and webdataset write them.
public struct Shard: Sendable, Equatable {
  /// The archive.
  public let url: URL

  /// Names a shard.
  public init(_ url: URL) { self.url = url }

  /// What its outputs are called: the file's name without `.tar`.
  public var name: String {
    let name = url.lastPathComponent
    for ending in [".tar", ".tar.gz", ".tgz", ".tar.zst"] where name.lowercased().hasSuffix(ending) {
      return String(name.dropLast(ending.count))
    }
    return name
  }
}

/// One of n equal parts of a list of shards, `3/8`: every eighth shard from the third on.
public struct ShardPart: Sendable, Equatable {
  /// Which part, from 1.
  public let number: Int
  /// How many parts there are.
  public let count: Int

  /// Everything.
  public static let whole = ShardPart(number: 1, count: 1)

  private init(number: Int, count: Int) {
    self.number = number
    self.count = count
  }

  /// Reads `i/n`; nil where that is not from 1/n to n/n.
  public init?(_ text: String) {
    guard let match = text.wholeMatch(of: /(\d{1,9})\/(\d{1,9})/), let number = Int(match.1),
      let count = Int(match.2), number >= 1, number <= count
    else { return nil }
    self.init(number: number, count: count)
  }

  /// The elements that belong to the part.
  package func elements<Element>(of list: [Element]) -> [Element] {
    stride(from: number - 1, to: list.count, by: count).map { list[$0] }
  }
}

/// The shards that a user names.
public struct ShardList: Sendable {
  /// The shards that are there, in the order given; those of a folder by name.
  public private(set) var shards: [Shard] = []
  /// Those that are not there, where that is no error.
  public private(set) var missing: [SkippedItem] = []

  /// Expands ranges and alternatives, and looks whether the shards are there.
  ///
  /// - Parameters:
  ///   - patterns: files, folders of `.tar` files, and ranges such as `data/{00000..00099}.tar`.
  ///   - keepGoing: whether a shard that is not there is skipped.
  /// - Throws: ``ShardingError``.
  public init(_ patterns: [String], keepGoing: Bool = false) throws(ShardingError) {
    var absent: [String] = []
    for pattern in patterns {
      for path in try Self.paths(pattern) {
        let url = URL(fileURLWithPath: path)
        var isFolder: ObjCBool = false
        if !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
          absent.append(path)
        } else if isFolder.boolValue {
          shards += try Self.shards(in: url)
        } else {
          shards.append(Shard(url))
        }
      }
    }
    if let first = absent.first {
      if first.contains(where: { "*?[".contains($0) }) {
        throw .badPattern(
          pattern: first,
          problem: "there is no such file, and wildcards are the shell's to expand, outside of quotes")
      }
      let error = ShardingError.noShard(file: first, count: absent.count)
      guard keepGoing, !shards.isEmpty else { throw error }
      missing = absent.map {
        SkippedItem(id: $0, reason: ShardingError.noShard(file: $0, count: 1).description)
      }
    }
    try requireNames()
  }

  /// The paths of a pattern; a file whose own name has braces is itself.
  private static func paths(_ pattern: String) throws(ShardingError) -> [String] {
    if let scheme = pattern.firstMatch(of: /^(pipe:|[a-z0-9]+:\/\/)/) {
      throw .unreadable(file: pattern, reason: "\"\(scheme.1)\" is not read, only local files are")
    }
    return FileManager.default.fileExists(atPath: pattern) ? [pattern] : try BracePattern.expand(pattern)
  }

  private static func shards(in folder: URL) throws(ShardingError) -> [Shard] {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: folder.path) } catch {
      throw .unreadable(file: folder.relativePath, reason: "the folder cannot be listed")
    }
    let shards = names.filter { $0.lowercased().hasSuffix(".tar") && !$0.hasPrefix(".") }.sorted()
      .map { Shard(URL(fileURLWithPath: (folder.relativePath as NSString).appendingPathComponent($0))) }
    guard !shards.isEmpty else { throw .noShards(folder: folder.relativePath) }
    return shards
  }

  private func requireNames() throws(ShardingError) {
    var first: [String: Shard] = [:]
    for shard in shards {
      guard !shard.name.isEmpty, !shard.name.hasPrefix(".") else {
        throw .badName(file: shard.url.relativePath, problem: "the names of shards do not begin with a point")
      }
      guard shard.name != RunSettings.file else {
        throw .badName(
          file: shard.url.relativePath,
          problem: "\(RunSettings.file) is what the settings of all shards are called")
      }
      if let other = first.updateValue(shard, forKey: shard.name) {
        throw .sameName(
          name: shard.name, files: [other, shard].map(\.url.relativePath))
      }
    }
  }
}
