import Compute
public import Foundation

/// Writes lines of rewordings.
public enum RewordingFile {
  /// Writes a file whole, or not at all.
  ///
  /// - Throws: ``FileWriteError``.
  public static func write(_ rewordings: [Rewording], to url: URL) throws {
    let file = try AtomicFile(url)
    for rewording in rewordings { try file.write(try rewording.line() + "\n") }
    try file.commit()
  }
}
