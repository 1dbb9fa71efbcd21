public import CaptionData
public import Foundation

/// The captions that are to be paraphrased, in the order of their file.
public struct SourceCaptions: Sendable {
  /// A caption and where it stands.
  public struct Caption: Sendable, Equatable {
    /// The image's name or id, or the number of the line.
    public var id: String
    /// What is said, without blanks at either end.
    public var text: String
    /// The line, counted from one.
    public var line: Int
  }

  /// The file as the user named it.
  public let name: String
  /// The captions.
  public private(set) var captions: [Caption]
  /// Whether the ids are names that the file gives.
  public let hasIDs: Bool
  /// What was skipped, and why.
  public internal(set) var skipped: [SkippedItem]
  /// How many captions were skipped because of their number of words.
  public private(set) var outsideWords = 0

  /// Reads a file in any layout that `CaptionList` takes, which may be compressed with gzip.
  ///
  /// - Parameters:
  ///   - selection: which columns hold captions and ids, and which splits are read.
  ///   - keepGoing: whether captions that are missing or cannot be read are skipped and listed.
  /// - Throws: ``ParaphraseError``, or what reading a data set throws.
  public init(
    contentsOf url: URL, selection: CaptionSelection = CaptionSelection(), keepGoing: Bool = false
  ) throws {
    let list = try CaptionList(contentsOf: url, selection: selection, keepGoing: keepGoing)
    (name, hasIDs, skipped) = (list.name, list.hasIDs, list.skipped)
    captions = []
    captions.reserveCapacity(list.captions.count)
    for caption in list.captions {
      let text = Self.singleLine(caption.text)
      // A blank line of a text file is no caption.
      if !text.isEmpty { captions.append(Caption(id: caption.id, text: text, line: caption.line)) }
    }
    guard !captions.isEmpty else { throw ParaphraseError.noCaptions(file: name, read: 0) }
  }

  /// Skips captions with fewer or more words.
  ///
  /// - Throws: ``ParaphraseError/noCaptions(file:read:)`` where none is left.
  public mutating func keep(words range: ClosedRange<Int>) throws {
    let read = captions.count
    captions.removeAll { !range.contains(Words($0.text).list.count) }
    outsideWords += read - captions.count
    guard !captions.isEmpty else { throw ParaphraseError.noCaptions(file: name, read: read) }
  }

  /// A text with single blanks between its words.
  static func singleLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
