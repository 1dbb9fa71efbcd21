import Foundation

extension TrainingSet {
  /// ``fingerprint`` with the size and the time of the last change of each image's file, or of its archive: what is computed from
  /// images and kept is theirs only as long as these stay.
  public var imageFingerprint: UInt64 {
    var hash = Fingerprint()
    hash.add(Int(truncatingIfNeeded: fingerprint))
    for shard in shards { hash.add(fileAt: shard.path) }
    for place in places {
      switch place {
      case .none: hash.add(-1)
      case .path(let row): hash.add(fileAt: paths[row])
      case .entry(let shard, _, let offset, let size):
        for number in [Int(shard), offset, size] { hash.add(number) }
      case .memory(let shard, _, let row):
        for number in [Int(shard), row] { hash.add(number) }
      }
    }
    return hash.value
  }
}

extension Fingerprint {
  /// Adds what changes when a file does; −1 where there is none.
  fileprivate mutating func add(fileAt path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return add(-1) }
    add(Int(status.st_size))
    add(Int(status.st_mtim.tv_sec))
    add(Int(status.st_mtim.tv_nsec))
  }
}
