import CLIP
public import CaptionMetrics
public import Foundation

extension TrainingSet {
  /// Pictures in a folder, with captions from a file in any layout that ``CaptionedImages`` reads: COCO annotations,
  /// JSON, CSV and TSV with named columns, and Flickr's `name.jpg#0<tab>caption`.
  ///
  /// - Parameters:
  ///   - split: a file with the name of a picture a line; only these are taken.
  ///   - excluding: such a file again; these are left out whatever `split` says.
  ///   - missingShare: the share of pictures that may be missing; they are listed in ``leftOut``.
  /// - Throws: ``DataError``, ``DatasetError``.
  public static func captions(
    _ file: URL, images: URL, split: URL? = nil, excluding: URL? = nil, missingShare: Double = 0.01
  ) throws -> TrainingSet {
    let wanted = try split.map(PictureNames.init)
    let unwanted = try excluding.map(PictureNames.init)
    func takes(_ name: String) -> Bool {
      wanted?.contains(name) != false && unwanted?.contains(name) != true
    }
    let pictures = try CaptionedImages(contentsOf: file, images: images, keepGoing: true)
    var set = TrainingSet(name: pictures.name)
    for picture in pictures.pictures where takes(picture.name) {
      let place = set.place(of: picture.image.path)
      set.append(id: picture.name, place: place, captions: picture.captions)
    }
    set.leftOut = pictures.leftOut.filter { $0.id.map(takes) != false }
    try set.checkShare(missingShare, expected: "captions whose pictures are in \(images.relativePath)")
    return set
  }

  /// Refuses a set without items, and one of which too much was left out.
  func checkShare(_ share: Double, expected: String) throws {
    if Double(leftOut.count) > share * Double(count + leftOut.count) {
      throw DataError.tooManyBroken(
        source: name, count: leftOut.count, of: count + leftOut.count, share: share,
        first: leftOut.prefix(5).map(\.reason))
    }
    guard count > 0 else { throw DataError.noItems(source: name, expected: expected) }
  }
}

/// The names of pictures in a file, one a line; they fit with and without their extension.
struct PictureNames {
  private var names: Set<String> = []

  init(_ url: URL) throws {
    for line in try TextLines(url).lines {
      let name = line.trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty else { continue }
      names.insert(name)
      names.insert(Self.stem(name))
    }
    guard !names.isEmpty else {
      throw DataError.noItems(source: url.relativePath, expected: "the name of a picture a line")
    }
  }

  func contains(_ name: String) -> Bool { names.contains(name) || names.contains(Self.stem(name)) }

  /// The name without a picture's extension.
  static func stem(_ name: String) -> String {
    guard let dot = name.lastIndex(of: "."), isPicture(name) else { return name }
    return String(name[..<dot])
  }

  /// Whether a file's name is that of a picture.
  static func isPicture(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return false }
    return ImageFormat.fileExtensions.contains(name[name.index(after: dot)...].lowercased())
  }
}
