public import Foundation

/// Which files of an index count.
public struct SearchFilter: Sendable, Equatable {
  /// Only files below this folder, an absolute path.
  public var folder: String?
  /// Only files whose name, or whose path where the pattern has a `/`, matches this pattern: `*.png`, `*/2024/*`.
  public var pattern: String?
  /// Only files that changed since, and before.
  public var changed: Range<Date> = Date.distantPast..<Date.distantFuture
  /// Only files of so many bytes.
  public var bytes: ClosedRange<Int64> = 0...Int64.max

  /// Lets everything pass.
  public init() {}

  func takes(_ file: IndexDatabase.File) -> Bool {
    if let folder, !ImageIndex.isInside(file.path, folder) { return false }
    if let pattern {
      let name = pattern.contains("/") ? file.path : (file.path as NSString).lastPathComponent
      guard fnmatch(pattern, name, 0) == 0 else { return false }
    }
    guard bytes.contains(file.size) else { return false }
    let date = Date(timeIntervalSince1970: Double(file.changed) / 1e9)
    return changed.contains(date)
  }
}
