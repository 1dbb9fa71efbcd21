public import Foundation

/// Captions one by one, from any layout: a `.txt` with one a line; CSV and TSV; Flickr's `name.jpg#0<tab>caption`; COCO
/// results and annotations, Karpathy's splits, TextCaps; `{id: caption}` and `{id: [captions]}`; a JSON list or JSON
/// lines of strings or of objects with a caption. Each may be compressed with gzip.
///
/// What the file is is told from its content, but for `.txt`, which is a caption a line unless it begins like a table
/// with named columns or like Flickr's captions.
public struct CaptionList: Sendable {
  /// A caption and where it stands.
  public struct Caption: Sendable, Equatable {
    /// The name of its image, or else its id, or else the number of its row.
    public var id: String
    /// What is said.
    public var text: String
    /// The line, counted from one.
    public var line: Int

    /// Creates a caption.
    public init(id: String, text: String, line: Int) {
      self.id = id
      self.text = text
      self.line = line
    }
  }

  /// The file as the user named it.
  public let name: String
  /// The captions, in the order of the file. Blank lines of a text file are captions too, but for the last.
  public let captions: [Caption]
  /// Whether the file gives an id for every caption.
  public let hasIDs: Bool
  /// Whether the file was read as a caption a line.
  public let isPlainText: Bool
  /// What was skipped, and why.
  public let skipped: [SkippedItem]

  /// The captions alone.
  public var texts: [String] { captions.map(\.text) }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - selection: which columns and splits are read.
  ///   - keepGoing: whether captions that are missing or cannot be read are skipped and listed.
  /// - Throws: ``DatasetError``.
  public init(
    contentsOf url: URL, selection: CaptionSelection = CaptionSelection(), keepGoing: Bool = false
  ) throws {
    try self.init(TextFile(contentsOf: url), selection: selection, keepGoing: keepGoing)
  }

  package init(
    _ file: TextFile, selection: CaptionSelection = CaptionSelection(), keepGoing: Bool = false
  ) throws {
    name = file.name
    var reader = CaptionFileReader(file: file, role: .texts, selection: selection, keepGoing: keepGoing)
    try reader.read()
    isPlainText = reader.isPlainText
    skipped = reader.skipped
    guard !reader.isPlainText else {
      (captions, hasIDs) = (reader.plainText, false)
      return
    }
    hasIDs = reader.rows.allSatisfy(\.hasID)
    captions = reader.rows.flatMap { row in
      let id = selection.idColumn == nil ? row.image ?? row.id : row.id
      return row.references.map { Caption(id: id, text: $0, line: row.line) }
    }
  }
}

extension CaptionList {
  /// Whether a cell of a table holds nothing, or what stands for a missing value: `NaN`, `null` and the like.
  package static func isMissing(cell: String) -> Bool { MissingCaption.found(inCell: cell) != nil }

  /// Whether a file is one of Flickr's captions, `name.jpg#0<tab>caption`.
  package static func isFlickrLayout(_ file: TextFile) -> Bool { FlickrTokens.isLayout(of: file) }
}
