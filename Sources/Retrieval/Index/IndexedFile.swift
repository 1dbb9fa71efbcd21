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

  /// A time of a file in nanoseconds since 1970. 64 bits hold those from 1677 to April 2262, of which the nearest stands for all others.
  package static func nanoseconds(_ time: timespec) -> Int64 {
    let (whole, isTooMuch) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isMore) = whole.addingReportingOverflow(Int64(time.tv_nsec))
    return isTooMuch || isMore ? (time.tv_sec < 0 ? .min : .max) : sum
  }
}
