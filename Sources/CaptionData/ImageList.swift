import Files
public import Foundation

/// Image files, one after the other.
public struct ImageList: Sendable {
  /// The files.
  public let urls: [URL]

  /// Takes files in the order given, and from each folder its `.jpg`, `.jpeg`, `.png` and `.webp` files in the order
  /// of their names, and those of a tar archive in the order of the archive; what else lies in a folder is nobody's business.
  ///
  /// - Parameter withSubfolders: whether the images of subfolders, and of archives in them, belong to those of a folder.
  /// - Throws: ``DatasetError`` where a path leads nowhere, or a folder holds no image.
  public init(_ paths: [URL], withSubfolders: Bool = false) throws {
    var urls: [URL] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path.path, isDirectory: &isFolder) else {
        throw DatasetError.unreadable(file: path.relativePath, reason: missingReason(of: path.relativePath))
      }
      if ImageTree.isArchive(path) {
        let tree = try ImageTree(archive: path)
        guard !tree.isEmpty else {
          throw DatasetError.unreadable(file: path.relativePath, reason: "it holds no images")
        }
        urls += tree.urls
      } else {
        let images = withSubfolders ? Self.images(below:) : Self.images(in:)
        urls += isFolder.boolValue ? try images(path) : [path]
      }
    }
    self.urls = urls
  }

  private static func images(below folder: URL) throws -> [URL] {
    let tree = try ImageTree(below: folder)
    // Without images of its own a folder may have subfolders that do.
    return tree.isEmpty ? try images(in: folder) : ((try? images(in: folder)) ?? []) + tree.urls
  }

  private static func images(in folder: URL) throws -> [URL] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    } catch {
      throw DatasetError.unreadable(file: folder.relativePath, reason: "its list of files cannot be read")
    }
    let images = names.filter { NameIndex.stem($0) != nil && !$0.hasPrefix(".") }.sorted()
    guard !images.isEmpty else {
      throw DatasetError.unreadable(file: folder.relativePath, reason: "it holds no images")
    }
    let relative = folder.relativePath
    return images.map {
      URL(fileURLWithPath: relative.hasSuffix("/") ? relative + $0 : "\(relative)/\($0)")
    }
  }
}
