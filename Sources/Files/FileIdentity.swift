import CArchive
package import Foundation

/// What tells a file from all others, whatever it is called.
package struct FileIdentity: Hashable {
  let device: UInt64
  let inode: UInt64
  private let kind: mode_t

  /// The identity of what a path leads to, through links; nil where there is nothing.
  package init?(_ url: URL) {
    var status = stat()
    guard stat(url.path, &status) == 0 else { return nil }
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    kind = status.st_mode & S_IFMT
  }

  var isRegular: Bool { kind == S_IFREG }
  var isFolder: Bool { kind == S_IFDIR }
}

extension URL {
  /// Whether a symbolic link lies there, wherever it leads to.
  package var isSymbolicLink: Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
