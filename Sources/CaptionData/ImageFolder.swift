public import Foundation

/// A folder of images, or a tar archive of them, in which captions find theirs by id.
///
/// An id leads to the file of exactly that name, to the one whose stem it is (`.jpg`, `.jpeg`, `.png`, `.webp`,
/// in any case), or to the one with its COCO number (`391895` to `COCO_val2014_000000391895.jpg`). An id with
/// a slash is a path within the folder, or begins with the folder's own name. What the folder itself does not hold is
/// looked for in its sub-folders and in the tar archives among its files: so img2dataset and webdataset leave images.
/// Every folder is listed once, and files that no caption asks for are nobody's business.
public struct ImageFolder {
  /// The folder as the user named it.
  public let url: URL
  private var listings: [String: Listing] = [:]
  /// What lies deeper, once something was looked for there.
  private var deeper: ImageTree?
  private let isArchive: Bool

  private struct Listing {
    var names: [String]
    var index: NameIndex
  }

  /// Opens a folder or an archive.
  ///
  /// - Throws: ``DatasetError`` where it cannot be listed.
  public init(_ url: URL) throws {
    self.url = url
    isArchive = ImageTree.isArchive(url)
    if isArchive { deeper = try ImageTree(archive: url) } else { _ = try listing(of: "") }
  }

  /// The image that `id` leads to.
  ///
  /// - Throws: ``DatasetError`` where there is none, or more than one.
  public mutating func image(for id: String) throws -> URL {
    guard let image = try find(id) else {
      throw DatasetError.noImage(id: id, folder: url.relativePath, hint: try hint(for: id))
    }
    return image
  }

  /// The image that `name` leads to, or else the one that `id` does. A name may be a path of another machine: its last
  /// part is enough.
  ///
  /// - Throws: ``DatasetError`` where there is none, or more than one.
  mutating func image(named name: String?, id: String) throws -> URL {
    if let name {
      if let image = try find(name) { return image }
      if name.contains("/"), let image = try find(Self.split(name).name) { return image }
    }
    return try image(for: id)
  }

  /// The image that `id` leads to, or `nil` where there is none.
  ///
  /// - Throws: ``DatasetError`` where there is more than one.
  package mutating func find(_ id: String) throws -> URL? {
    let (folder, name) = Self.split(id)
    if !isArchive {
      if let image = try find(name, in: folder, id: id) { return image }
      // "val2014/1.jpg" in a folder that is called val2014.
      if !folder.isEmpty,
        folder.split(separator: "/").last.map(String.init) == url.standardizedFileURL.lastPathComponent,
        let image = try find(name, in: "", id: id)
      {
        return image
      }
      guard folder.isEmpty else { return nil }
    }
    let tree = try deeper ?? ImageTree(below: url)
    deeper = tree
    return try tree.find(name, id: id)
  }

  private mutating func find(_ name: String, in folder: String, id: String) throws -> URL? {
    // A folder that is not there holds no image; only the folder that the user named must be.
    guard let listing = folder.isEmpty ? try listing(of: "") : try? listing(of: folder) else { return nil }
    switch listing.index.match(name) {
    case .none: return nil
    case .one(let entry): return path(folder).appendingPathComponent(listing.names[entry], isDirectory: false)
    case .several(let entries):
      throw DatasetError.ambiguous(
        id: id, place: path(folder).relativePath, what: "images", matches: entries.map { listing.names[$0] }
      )
    }
  }

  private static func split(_ id: String) -> (folder: String, name: String) {
    guard let slash = id.lastIndex(of: "/") else { return ("", id) }
    let folder = String(id[...slash])
    return (folder == "./" ? "" : folder, String(id[id.index(after: slash)...]))
  }

  private func path(_ folder: String) -> URL {
    if folder.isEmpty { return url }
    return folder.hasPrefix("/")
      ? URL(fileURLWithPath: folder, isDirectory: true)
      : url.appendingPathComponent(folder, isDirectory: true)
  }

  private mutating func listing(of folder: String) throws -> Listing {
    if let listing = listings[folder] { return listing }
    let url = path(folder)
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
    } catch {
      throw DatasetError.unreadable(file: url.relativePath, reason: Self.reason(url))
    }
    let listing = Listing(names: names, index: NameIndex(names, needsExtension: true))
    listings[folder] = listing
    return listing
  }

  /// Why a folder cannot be listed, in the system's words.
  private static func reason(_ url: URL) -> String {
    guard let folder = opendir(url.path) else { return String(cString: strerror(errno)) }
    closedir(folder)
    return "its list of files cannot be read"
  }

  private mutating func hint(for id: String) throws -> String? {
    let (folder, name) = Self.split(id)
    if isArchive { return nil }
    let listing = try listing(of: "")
    if !folder.isEmpty, case .one(let entry) = listing.index.match(name) {
      return "\"\(listing.names[entry])\" is there without the folder"
    }
    if !listing.names.contains(where: { NameIndex.stem($0) != nil }), deeper?.isEmpty != false {
      return "it holds no images at all"
    }
    let lowered = name.lowercased()
    if let similar = listing.names.first(where: {
      $0.lowercased() == lowered || NameIndex.stem($0)?.lowercased() == lowered
    }) {
      return "\"\(similar)\" differs in case"
    }
    return nil
  }
}
