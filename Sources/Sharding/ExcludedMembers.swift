import Files
import Foundation

/// Pairs that are excluded by the names of their images, `data/00000.tar: 000000001.jpg`.
struct ExcludedMembers: Sendable {
  /// The keys of a shard's pairs, by the shard's name.
  private let keys: [String: Set<String>]

  /// Takes what names a member of certain shards; other names, those of files among them, are of no matter.
  init(_ names: [String], of shards: Set<String>) {
    var keys: [String: Set<String>] = [:]
    for name in names {
      // A colon and a blank may stand in the path, and in the member's name too: the shard tells which is meant.
      for colon in name.ranges(of: ": ") {
        let shard = Shard(URL(fileURLWithPath: String(name[..<colon.lowerBound]))).name
        guard shards.contains(shard) else { continue }
        keys[shard, default: []].insert(ShardReader.key(ofMember: String(name[colon.upperBound...])))
        break
      }
    }
    self.keys = keys
  }

  /// Whether there are none.
  var isEmpty: Bool { keys.isEmpty }

  /// Whether a pair is excluded.
  func contains(_ key: String, of shard: String) -> Bool { keys[shard]?.contains(key) == true }

  /// What tells one choice of pairs from another: the SHA-256 of all keys.
  var hash: String {
    var hash = SHA256()
    for (shard, keys) in keys.sorted(by: { $0.key < $1.key }) {
      for key in keys.sorted() {
        Array("\(shard)\n\(key)\n".utf8).withUnsafeBytes { hash.update($0) }
      }
    }
    return hash.hexadecimal()
  }
}
