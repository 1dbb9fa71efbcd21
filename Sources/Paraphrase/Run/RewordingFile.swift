import Compute
public import Foundation

/// A file of rewordings that is being made; nothing of it is to be seen before it is whole.
public struct RewordingFile {
  private let file: AtomicFile

  /// Begins a file, so that what is wrong with its place is known before anything is asked.
  ///
  /// - Throws: ``FileWriteError``.
  public init(_ url: URL) throws { file = try AtomicFile(url) }

  /// Writes all lines, and puts the file into its place.
  ///
  /// - Throws: ``FileWriteError``.
  public func finish(_ rewordings: [Rewording]) throws {
    for rewording in rewordings { try file.write(try rewording.line() + "\n") }
    try file.commit()
  }
}
