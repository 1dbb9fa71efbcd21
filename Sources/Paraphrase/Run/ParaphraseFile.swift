import Files
public import Foundation

/// A file of paraphrases that is being made; nothing of it is to be seen before it is whole.
public struct ParaphraseFile {
  private let file: AtomicFile

  /// Begins a file, so that what is wrong with its place is known before anything is asked.
  ///
  /// - Throws: ``FileWriteError``.
  public init(_ url: URL) throws { file = try AtomicFile(url) }

  /// Writes all lines, and puts the file into its place.
  ///
  /// - Throws: ``FileWriteError``.
  public func finish(_ paraphrases: [ParaphrasedCaption]) throws {
    for paraphrase in paraphrases { try file.write(try paraphrase.line() + "\n") }
    try file.commit()
  }
}
