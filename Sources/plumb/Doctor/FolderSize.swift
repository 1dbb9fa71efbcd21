import Foundation

/// The space that files and folders take on the disk, counted for a tenth of a second at most.
///
/// Links in folders are not followed.
struct FolderSize: CustomStringConvertible {
  /// Whether there is anything.
  private(set) var exists = false
  /// The bytes that were counted.
  private(set) var bytes = 0
  /// Whether everything was counted.
  private(set) var isComplete = true

  private static let patience = Duration.milliseconds(100)

  /// Counts a file or a folder.
  init(of url: URL) { self.init(of: [url]) }

  /// Counts several.
  init(of urls: [URL]) {
    let deadline = ContinuousClock.now + Self.patience
    var folders: [String] = []
    for url in urls {
      var status = stat()
      guard stat(url.path, &status) == 0 else { continue }
      exists = true
      bytes += Self.space(status)
      if Self.isFolder(status) { folders.append(url.path) }
    }
    while let folder = folders.popLast() {
      guard ContinuousClock.now < deadline else {
        isComplete = false
        return
      }
      add(folder, &folders)
    }
  }

  /// Counts what is in a folder itself, and notes the folders in it.
  private mutating func add(_ path: String, _ folders: inout [String]) {
    guard let folder = opendir(path) else { return }
    defer { closedir(folder) }
    var status = stat()
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name != ".", name != "..", fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) == 0
      else { continue }
      bytes += Self.space(status)
      if Self.isFolder(status) { folders.append("\(path)/\(name)") }
    }
  }

  private static func isFolder(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFDIR }

  private static func space(_ status: stat) -> Int { Int(status.st_blocks) * 512 }

  var description: String { (isComplete ? "" : "more than ") + plumb.bytes(Double(bytes)) }
}
