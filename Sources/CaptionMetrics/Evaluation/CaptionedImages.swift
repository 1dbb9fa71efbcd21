public import Foundation

/// Pictures with all their captions, for retrieval.
public struct CaptionedImages: Sendable {
  /// A picture and what people wrote about it.
  public struct Picture: Sendable, Equatable {
    /// What the file of captions calls it.
    public var name: String
    /// The file.
    public var image: URL
    /// Its captions, in their order.
    public var captions: [String]
  }

  /// The file of captions as the user named it.
  public let name: String
  /// The pictures, in the order in which the file first names them.
  public private(set) var pictures: [Picture]
  /// What was left out, and why.
  public private(set) var leftOut: [LeftOut]

  /// Reads captions in any layout that ``CaptionDataset`` takes, any number a picture, and Flickr's
  /// `name.jpg#0<tab>caption`, and finds their pictures in a folder.
  ///
  /// - Parameter keepGoing: whether what cannot be read, and pictures that are not there, are left out and listed.
  /// - Throws: ``DatasetError``.
  public init(contentsOf url: URL, images folder: URL, keepGoing: Bool = false) throws {
    let file = try TextFile(contentsOf: url)
    name = file.name
    let captions = try CaptionGroups(file, keepGoing: keepGoing)
    leftOut = captions.leftOut
    var images = try ImageFolder(folder)
    pictures = []
    for group in captions.groups {
      do {
        let image = try images.find(group.name) ?? images.image(for: group.id)
        pictures.append(Picture(name: group.name, image: image, captions: group.captions))
      } catch let error as DatasetError {
        guard keepGoing, error.isAboutOneItem else { throw error }
        leftOut.append(LeftOut(id: group.name, reason: error.description))
      }
    }
    guard !pictures.isEmpty else { throw DatasetError.noCandidates(file: name) }
  }

  /// Embeddings of pictures and captions, with what belongs together.
  public struct Embedded: Sendable {
    /// A row a picture.
    public var images: Embeddings
    /// A row a caption.
    public var texts: Embeddings
    /// Which belong together.
    public var pairs: RetrievalPairs
    /// How many captions were cut to the model's context.
    public var truncated: Int
    /// What could not be embedded, and why.
    public var leftOut: [LeftOut]
  }

  /// Embeds the captions, exactly as they are, and the pictures.
  ///
  /// - Parameter keepGoing: whether what cannot be embedded is left out and listed; a picture takes its captions with it.
  public func embedded(
    by embedder: some ImageTextEmbedder, keepGoing: Bool = false, progress: CLIPScorer.Progress? = nil
  ) throws -> Embedded {
    let captions = pictures.flatMap(\.captions)
    // Texts first: they are quick, and what is wrong with them is known before the pictures are decoded.
    let texts = try embedder.embedTexts(captions, keepGoing: keepGoing) { progress?(.texts, $0, $1) }
    let images = try embedder.embedImages(at: pictures.map(\.image), keepGoing: keepGoing) {
      progress?(.images, $0, $1)
    }
    var leftOut: [LeftOut] = []
    var (imageRows, textRows, imageOfText): ([Int], [Int], [Int]) = ([], [], [])
    var text = 0
    for (index, picture) in pictures.enumerated() {
      let range = text..<text + picture.captions.count
      text = range.upperBound
      if let failure = images.failures[index] {
        leftOut.append(LeftOut(id: picture.name, reason: sentence(for: failure)))
        continue
      }
      for row in range {
        if let failure = texts.failures[row] {
          leftOut.append(LeftOut(id: picture.name, reason: sentence(for: failure)))
        } else {
          textRows.append(row)
          imageOfText.append(imageRows.count)
        }
      }
      imageRows.append(index)
    }
    return Embedded(
      images: images.embeddings.rows(imageRows), texts: texts.embeddings.rows(textRows),
      pairs: RetrievalPairs(imageRowOfText: imageOfText, imageCount: imageRows.count),
      truncated: texts.truncated.count, leftOut: leftOut)
  }
}

extension Embeddings {
  /// Some rows, in the order given.
  func rows(_ rows: [Int]) -> Embeddings {
    if rows.elementsEqual(0..<count) { return self }
    return Embeddings(values: rows.flatMap { self[$0] }, dimension: dimension)
      ?? Embeddings(count: 0, dimension: dimension)
  }
}

/// The layout of `Flickr8k.token.txt`: `name.jpg#number`, a tab, a caption.
enum FlickrTokens {
  /// The rows, or nil for a file in another layout.
  static func rows(of file: TextFile) -> [CaptionRow]? {
    var rows: [CaptionRow] = []
    var line = 0
    for bytes in file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      let bytes = bytes.last == 0x0D ? bytes.dropLast() : bytes
      if bytes.isEmpty { continue }
      guard let text = String(validating: bytes, as: UTF8.self), let tab = text.firstIndex(of: "\t"),
        let mark = text[..<tab].lastIndex(of: "#"), Int(text[text.index(after: mark)..<tab]) != nil
      else { return nil }
      let name = String(text[..<mark])
      // Flickr8k's own file has one name with something behind the extension.
      guard NameIndex.stem(name) != nil || !rows.isEmpty else { return nil }
      rows.append(
        CaptionRow(id: name, picture: name, references: [String(text[text.index(after: tab)...])], line: line)
      )
    }
    return rows.isEmpty ? nil : rows
  }
}
