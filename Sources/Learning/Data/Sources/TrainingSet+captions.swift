import CLIP
public import CaptionMetrics
public import Foundation

extension TrainingSet {
  /// Pictures in a folder, with captions from a file in any layout that ``CaptionedImages`` reads: COCO annotations,
  /// JSON, CSV and TSV with named columns, and Flickr's `name.jpg#0<tab>caption`.
  ///
  /// - Parameters:
  ///   - split: a file with the name of a picture a line; only these are taken. Of a file of captions that divides its
  ///     images into splits (Karpathy's), the last part may be the name of one, and must be given: else test images would
  ///     be trained on.
  ///   - excluding: such a file again; these are left out whatever `split` says.
  ///   - missingShare: the share of pictures that may be missing; they are listed in ``leftOut``.
  /// - Throws: ``DataError``, ``DatasetError``.
  public static func captions(
    _ file: URL, images: URL, split: URL? = nil, excluding: URL? = nil, missingShare: Double = 0.01
  ) throws -> TrainingSet {
    let splitName = split.flatMap {
      FileManager.default.fileExists(atPath: $0.path) ? nil : $0.lastPathComponent
    }
    let wanted = try splitName == nil ? split.map(PictureNames.init) : nil
    let unwanted = try excluding.map(PictureNames.init)
    func takes(_ name: String) -> Bool {
      wanted?.contains(name) != false && unwanted?.contains(name) != true
    }
    let pictures: CaptionedImages
    do {
      pictures = try CaptionedImages(
        contentsOf: file, images: images, selection: CaptionSelection(splits: splitName.map { [$0] }),
        keepGoing: true)
    } catch DatasetError.noSplit(_, _, found: []) {
      // The file has no splits, so that a file of names was meant, and that is not there.
      _ = try split.map(PictureNames.init)
      throw DataError.noItems(source: file.relativePath, expected: "images with splits")
    }
    guard split != nil || pictures.fileSplits.isEmpty else {
      throw DataError.malformed(
        file: pictures.name, line: nil,
        expected: "a choice among its splits with \"split\", such as \"split: \(pictures.fileSplits[0])\"",
        found: "none, which would mix \(pictures.fileSplits.joined(separator: ", "))")
    }
    var set = TrainingSet(name: pictures.name)
    for picture in pictures.pictures where takes(picture.name) {
      guard FileStretch(picture.image) == nil else {
        throw DataError.badOption(
          name: "the folder of images", expected: "files of images",
          found: "\(FileStretch.name(of: picture.image)); take archives as shards")
      }
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
