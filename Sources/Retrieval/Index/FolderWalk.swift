import Files
import Foundation

/// The image files below some folders, and what could not be looked at.
///
/// Hidden files and folders are passed over (`._*`, which macOS leaves beside files, are hidden too). A symbolic link to a file counts as
/// the file; one to a folder is followed, unless it leads to a folder that was visited.
struct FolderWalk {
  /// A file as the file system has it.
  struct Entry: Equatable {
    var path: String
    var size: Int64
    /// When it changed, in nanoseconds since 1970.
    var changed: Int64
  }

  /// A folder or a file that is passed over, and why.
  struct Problem: Equatable {
    var path: String
    var reason: String
  }

  private(set) var entries: [Entry] = []
  private(set) var problems: [Problem] = []
  private var visited: Set<Place> = []

  private struct Place: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  /// Walks through a folder, whose path is absolute, or takes a file.
  mutating func add(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return note(path) }
    if status.st_mode & S_IFMT == S_IFDIR { return walk(path, status) }
    take(path, status)
  }

  private mutating func walk(_ folder: String, _ status: stat) {
    guard visited.insert(Place(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))).inserted else {
      return
    }
    guard let stream = opendir(folder) else { return note(folder) }
    defer { closedir(stream) }
    let start = folder.hasSuffix("/") ? folder : folder + "/"
    while let entry = readdir(stream) {
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard let first = bytes.first, first != UInt8(ascii: ".") else { continue }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        problems.append(
          Problem(path: start + String(decoding: bytes, as: UTF8.self), reason: "its name is not UTF-8"))
        continue
      }
      // Other files are not even looked at, where the folder says what they are.
      let kind = Int32(entry.pointee.d_type)
      if kind == Int32(DT_REG), !ImageFormat.isNameOfOne(name) { continue }
      let path = start + name
      var status = stat()
      guard stat(path, &status) == 0 else {
        note(path)
        continue
      }
      if status.st_mode & S_IFMT == S_IFDIR {
        walk(path, status)
      } else if ImageFormat.isNameOfOne(name) {
        take(path, status)
      }
    }
  }

  private mutating func take(_ path: String, _ status: stat) {
    guard status.st_mode & S_IFMT == S_IFREG else {
      problems.append(Problem(path: path, reason: "it is not a regular file"))
      return
    }
    let time = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    entries.append(Entry(path: path, size: Int64(status.st_size), changed: time))
  }

  private mutating func note(_ path: String) {
    problems.append(Problem(path: path, reason: String(cString: strerror(errno))))
  }
}
