import Files
import Foundation

/// The image files below some folders, and what could not be looked at.
///
/// Hidden images and folders are passed over and counted (`._*`, which macOS leaves beside files, are hidden too). A symbolic link to a file
/// counts as the file; one to a folder is followed, unless it leads to a folder that was visited, which is counted.
struct FolderWalk {
  /// A file as the file system has it.
  struct Entry: Equatable {
    var path: String
    var size: Int64
    /// When it changed, in nanoseconds since 1970.
    var changed: Int64

    /// Whether the file system still has it so.
    var isAsItWas: Bool {
      var status = stat()
      return stat(path, &status) == 0 && Int64(status.st_size) == size
        && IndexedFile.nanoseconds(status.st_mtim) == changed
    }
  }

  /// A folder or a file that is passed over, and why.
  struct Problem: Equatable {
    var path: String
    var reason: String
  }

  private(set) var entries: [Entry] = []
  private(set) var problems: [Problem] = []
  /// Hidden images, and hidden folders, whose content is not counted.
  private(set) var hiddenCount = 0
  /// Links to folders that had been visited, as those of a loop are.
  private(set) var loopCount = 0
  private var visited: Set<FileIdentity> = []

  /// Walks through a folder, whose path is absolute, or takes a file.
  mutating func add(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return note(path) }
    if status.st_mode & S_IFMT == S_IFDIR { return walk(path) }
    take(path, status)
  }

  private mutating func walk(_ folder: String) {
    let url = URL(fileURLWithPath: folder, isDirectory: true)
    guard let identity = FileIdentity(url) else { return note(folder) }
    guard visited.insert(identity).inserted else {
      // A folder inside of another one that was asked for too is no loop.
      if url.isSymbolicLink { loopCount += 1 }
      return
    }
    guard let stream = opendir(folder) else { return note(folder) }
    defer { closedir(stream) }
    let start = folder.hasSuffix("/") ? folder : folder + "/"
    while let entry = readdir(stream) {
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      let kind = Int32(entry.pointee.d_type)
      guard bytes.first != UInt8(ascii: ".") else {
        if bytes != Array(".".utf8), bytes != Array("..".utf8) {
          countHidden(start + String(decoding: bytes, as: UTF8.self), kind)
        }
        continue
      }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        problems.append(
          Problem(path: start + String(decoding: bytes, as: UTF8.self), reason: "its name is not UTF-8"))
        continue
      }
      // Other files are not even looked at, where the folder says what they are.
      if kind == Int32(DT_REG), !ImageFormat.isNameOfOne(name) { continue }
      let path = start + name
      var status = stat()
      guard stat(path, &status) == 0 else {
        note(path)
        continue
      }
      if status.st_mode & S_IFMT == S_IFDIR {
        walk(path)
      } else if ImageFormat.isNameOfOne(name) {
        take(path, status)
      }
    }
  }

  /// Counts a hidden entry that would have been looked at.
  ///
  /// - Parameter kind: `d_type`, which some file systems leave unknown.
  private mutating func countHidden(_ path: String, _ kind: Int32) {
    var isFolder = kind == Int32(DT_DIR)
    if kind == Int32(DT_LNK) || kind == Int32(DT_UNKNOWN) {
      var status = stat()
      isFolder = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
    if isFolder || ImageFormat.isNameOfOne(path) { hiddenCount += 1 }
  }

  private mutating func take(_ path: String, _ status: stat) {
    guard status.st_mode & S_IFMT == S_IFREG else {
      problems.append(Problem(path: path, reason: "it is not a regular file"))
      return
    }
    entries.append(
      Entry(
        path: path, size: Int64(status.st_size), changed: IndexedFile.nanoseconds(status.st_mtim)))
  }

  private mutating func note(_ path: String) {
    problems.append(Problem(path: path, reason: String(cString: strerror(errno))))
  }
}
