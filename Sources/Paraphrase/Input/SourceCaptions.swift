public import CaptionMetrics
import CLIP
public import Foundation

/// The captions that are to be reworded, in the order of their file.
public struct SourceCaptions: Sendable {
  /// A caption and where it stands.
  public struct Caption: Sendable, Equatable {
    /// The picture's name or id, or the number of the line.
    public var id: String
    /// What is said, without blanks at either end.
    public var text: String
    /// The line, counted from one.
    public var line: Int
  }

  /// Which columns of a table, or keys of JSON lines, are read.
  public struct Columns: Sendable, Equatable {
    /// The captions' name, or number counted from one; nil for `caption`, `text` and the like.
    public var caption: String?
    /// The ids' name or number; nil for `image_id`, `file_name` and the like, or else the number of the line.
    public var id: String?

    /// Creates a choice.
    public init(caption: String? = nil, id: String? = nil) {
      self.caption = caption
      self.id = id
    }
  }

  /// The file as the user named it.
  public let name: String
  /// The captions.
  public private(set) var captions: [Caption]
  /// Whether the ids are names that the file gives.
  public let hasIDs: Bool
  /// What was left out, and why.
  public internal(set) var leftOut: [LeftOut]
  /// How many captions were left out because of their number of words.
  public private(set) var outsideWords = 0

  /// Reads a file: `.txt` with a caption a line, `.csv` and `.tsv`, `.jsonl`, COCO annotations, Flickr's token files,
  /// any layout that references may have; each may be compressed with gzip.
  ///
  /// - Parameters:
  ///   - columns: which columns hold captions and ids.
  ///   - keepGoing: whether lines that cannot be read are left out and listed.
  /// - Throws: ``ParaphraseError``, or what reading a data set throws.
  public init(contentsOf url: URL, columns: Columns = Columns(), keepGoing: Bool = false) throws {
    let isCompressed = url.pathExtension.lowercased() == "gz"
    let file = try isCompressed ? Self.inflated(url) : TextFile(contentsOf: url)
    let kind = (isCompressed ? url.deletingPathExtension() : url).pathExtension.lowercased()
    var reader = SourceReader(file: file, columns: columns, keepGoing: keepGoing)
    try reader.read(kind: kind)
    name = file.name
    hasIDs = reader.hasIDs
    leftOut = reader.leftOut
    captions = []
    captions.reserveCapacity(reader.captions.count)
    for caption in reader.captions {
      let text = Self.singleLine(caption.text)
      if text.isEmpty {
        leftOut.append(
          LeftOut(id: caption.id, reason: "\(name), line \(caption.line): the caption is empty."))
      } else {
        captions.append(Caption(id: caption.id, text: text, line: caption.line))
      }
    }
    guard !captions.isEmpty else { throw ParaphraseError.noCaptions(file: name, read: 0) }
  }

  /// Leaves out captions with fewer or more words.
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

  private static func inflated(_ url: URL) throws -> TextFile {
    let name = url.relativePath
    let data: Data
    do {
      data = try Data(contentsOf: url, options: .mappedIfSafe)
    } catch {
      throw DatasetError.unreadable(file: name, reason: error.localizedDescription)
    }
    do {
      return try TextFile(name: name, bytes: GzipReader.inflate(data, limit: 4 << 30))
    } catch GzipReader.Failure.damaged(let reason) {
      throw DatasetError.unreadable(file: name, reason: "the gzip file is damaged: \(reason)")
    } catch GzipReader.Failure.tooLarge {
      throw DatasetError.unreadable(file: name, reason: "it inflates to more than 4 GiB")
    }
  }
}
