public import Foundation

/// A file of an image in an index, as it was when it was embedded.
public struct IndexedFile: Sendable, Equatable {
  /// Its absolute path.
  public var path: String
  /// Its size in bytes.
  public var byteCount: Int64
  /// When it changed.
  public var changed: Date

  init(_ file: IndexDatabase.File) {
    path = file.path
    byteCount = file.size
    changed = Date(timeIntervalSince1970: Double(file.changed) / 1e9)
  }
}
