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

  /// Midnight of a day such as 2024-05-31, in the time zone of this machine; nil where the text is none.
  public static func day(_ text: String) -> Date? {
    guard text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) != nil else { return nil }
    let style = Date.ParseStrategy(
      format: "\(year: .extended(minimumLength: 4))-\(month: .twoDigits)-\(day: .twoDigits)",
      timeZone: .current, isLenient: false)
    return try? Date(text, strategy: style)
  }

  func takes(_ file: IndexedFile) -> Bool {
    if let folder, !ImageIndex.isInside(file.path, folder) { return false }
    if let pattern {
      let name = pattern.contains("/") ? file.path : (file.path as NSString).lastPathComponent
      guard fnmatch(pattern, name, 0) == 0 else { return false }
    }
    guard bytes.contains(file.byteCount) else { return false }
    return changed.contains(file.changed)
  }
}
