import Files
import Foundation

/// The images in the sub-folders of a folder and in the tar archives among its files, by their names.
struct ImageTree {
  private enum Place {
    case file(String)
    /// A member of an archive; the folder is the part of its name up to the last slash.
    case entry(archive: Int, folder: String, offset: Int, size: Int)
  }

  /// How many files and entries are looked at: more are a mistake.
  private static let limit = 4_000_000

  private let root: URL
  private var archives: [URL] = []
  private var names: [String] = []
  private var places: [Place] = []
  private var index = NameIndex([], needsExtension: true)
  private var seen = 0
  private var visited: Set<FileIdentity> = []
  /// Links to folders, which are followed last: so the images of a folder have its own path where it has one, and a loop ends.
  private var links: [String] = []

  /// Whether a path is that of a tar archive, as its name says.
  static func isArchive(_ url: URL) -> Bool {
    let name = url.lastPathComponent.lowercased()
    guard
      name.hasSuffix(".tar") || name.hasSuffix(".tar.gz") || name.hasSuffix(".tgz")
        || name.hasSuffix(".tar.zst")
    else { return false }
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && !isFolder.boolValue
  }

  /// The images in an archive.
  ///
  /// - Throws: ``DatasetError``.
  init(archive: URL) throws {
    root = archive
    try add(archive: archive)
    index = NameIndex(names, needsExtension: true)
  }

  /// The images below a folder, those that lie in it directly left out.
  ///
  /// - Throws: ``DatasetError``.
  init(below folder: URL) throws {
    root = folder
    try add(folder: "")
    while !links.isEmpty { try add(folder: links.removeFirst()) }
    index = NameIndex(names, needsExtension: true)
  }

  /// Whether there are no images.
  var isEmpty: Bool { names.isEmpty }

  /// All images, in the order of the archive or of the folders' names.
  var urls: [URL] { names.indices.map(url) }

  /// The image of a name, or `nil` where there is none.
  ///
  /// - Throws: ``DatasetError/ambiguous(id:place:what:matches:)``.
  func find(_ name: String, id: String) throws -> URL? {
    switch index.match(name) {
    case .none: return nil
    case .one(let entry): return url(entry)
    case .several(let entries):
      throw DatasetError.ambiguous(
        id: id, place: root.relativePath, what: "images", matches: entries.map(description))
    }
  }

  private func url(_ entry: Int) -> URL {
    switch places[entry] {
    case .file(let path): return root.appendingPathComponent(path, isDirectory: false)
    case .entry(let archive, let folder, let offset, let size):
      return FileStretch(of: archives[archive], name: folder + names[entry], offset: offset, size: size).url
    }
  }

  private func description(_ entry: Int) -> String {
    switch places[entry] {
    case .file(let path): path
    case .entry(let archive, _, _, _): "\(archives[archive].lastPathComponent): \(names[entry])"
    }
  }

  private mutating func add(folder: String) throws {
    let url = folder.isEmpty ? root : root.appendingPathComponent(folder, isDirectory: true)
    // A folder that cannot be listed holds nothing that could be found.
    guard let identity = FileIdentity(url), visited.insert(identity).inserted,
      let entries = try? FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
    else { return }
    for name in entries where !name.hasPrefix(".") {
      try count(url)
      let path = folder.isEmpty ? name : "\(folder)/\(name)"
      let place = root.appendingPathComponent(path, isDirectory: false)
      if NameIndex.stem(name) != nil {
        if !folder.isEmpty { add(name, at: .file(path)) }
      } else if Self.isArchive(place) {
        try add(archive: place)
      } else {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder), isFolder.boolValue
        else { continue }
        if place.isSymbolicLink {
          links.append(path)
        } else {
          try add(folder: path)
        }
      }
    }
  }

  private mutating func add(archive: URL) throws {
    let file = archive.relativePath
    do {
      let reader = try ArchiveReader(archive)
      while let entry = try reader.next() {
        try count(archive)
        let name = entry.name.split(separator: "/").last.map(String.init) ?? entry.name
        guard NameIndex.stem(name) != nil, !name.hasPrefix(".") else { continue }
        guard let offset = entry.offset else {
          throw DatasetError.unreadable(
            file: file,
            reason: "the archive is compressed, and images are read in place; unpack it with gunzip or unzstd"
          )
        }
        let folder = String(entry.name.dropLast(name.count))
        add(name, at: .entry(archive: archives.count, folder: folder, offset: offset, size: entry.size))
      }
    } catch let error as ArchiveError {
      switch error {
      case .unreadable(let file, let reason): throw DatasetError.unreadable(file: file, reason: reason)
      case .damaged(let file, let problem): throw DatasetError.unreadable(file: file, reason: problem)
      }
    }
    archives.append(archive)
  }

  private mutating func add(_ name: String, at place: Place) {
    names.append(name)
    places.append(place)
  }

  private mutating func count(_ url: URL) throws {
    seen += 1
    guard seen <= Self.limit else {
      throw DatasetError.unreadable(
        file: root.relativePath,
        reason: "there are more than \(Self.limit) files below it; give a smaller folder")
    }
  }
}
