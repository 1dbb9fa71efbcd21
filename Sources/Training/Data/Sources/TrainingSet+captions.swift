import CaptionData
import Files
public import Foundation

extension TrainingSet {
  /// Images in a folder, with captions from a file in any layout that ``CaptionedImages`` reads: COCO annotations,
  /// JSON, CSV and TSV with named columns, and Flickr's `name.jpg#0<tab>caption`.
  ///
  /// - Parameters:
  ///   - split: a file with the name of an image a line; only these are taken. Of a file of captions that divides its
  ///     images into splits (Karpathy's), the last part may be the name of one, and must be given: else test images would
  ///     be trained on.
  ///   - excluding: such a file again; these are skipped whatever `split` says.
  ///   - missingShare: the share of images that may be missing; they are listed in ``skipped``.
  /// - Throws: ``DataError``, ``DatasetError``.
  public static func captions(
    _ file: URL, images: URL, split: URL? = nil, excluding: URL? = nil, missingShare: Double = 0.01
  ) throws -> TrainingSet {
    let splitName = split.flatMap {
      FileManager.default.fileExists(atPath: $0.path) ? nil : $0.lastPathComponent
    }
    let wanted = try splitName == nil ? split.map(ImageNames.init) : nil
    let unwanted = try excluding.map(ImageNames.init)
    func takes(_ name: String) -> Bool {
      wanted?.contains(name) != false && unwanted?.contains(name) != true
    }
    let captioned: CaptionedImages
    do {
      captioned = try CaptionedImages(
        contentsOf: file, images: images, selection: CaptionSelection(splits: splitName.map { [$0] }),
        keepGoing: true)
    } catch DatasetError.noSplit(_, _, found: []) {
      // The file has no splits, so that a file of names was meant, and that is not there.
      _ = try split.map(ImageNames.init)
      throw DataError.noItems(source: file.relativePath, expected: "images with splits")
    }
    guard split != nil || captioned.fileSplits.isEmpty else {
      throw DataError.malformed(
        file: captioned.name, line: nil,
        expected: "a choice among its splits with \"split\", such as \"split: \(captioned.fileSplits[0])\"",
        found: "none, which would mix \(captioned.fileSplits.joined(separator: ", "))")
    }
    var set = TrainingSet(name: captioned.name)
    for image in captioned.images where takes(image.name) {
      guard FileStretch(image.image) == nil else {
        throw DataError.badOption(
          name: "the folder of images", expected: "files of images",
          found: "\(FileStretch.name(of: image.image)); take archives as shards")
      }
      let place = set.place(of: image.image.path)
      set.append(id: image.name, place: place, captions: image.captions)
    }
    set.skipped = captioned.skipped.filter { $0.id.map(takes) != false }
    try set.checkShare(missingShare, expected: "captions whose images are in \(images.relativePath)")
    return set
  }

  /// Refuses a set without items, and one of which too much was skipped.
  func checkShare(_ share: Double, expected: String) throws {
    if Double(skipped.count) > share * Double(count + skipped.count) {
      throw DataError.tooManySkipped(
        source: name, count: skipped.count, of: count + skipped.count, share: share,
        first: skipped.prefix(5).map(\.reason))
    }
    guard count > 0 else { throw DataError.noItems(source: name, expected: expected) }
  }
}

/// The names of images in a file, one a line; they fit with and without their extension.
struct ImageNames {
  private var names: Set<String> = []

  init(_ url: URL) throws {
    for line in try TextLines(url).lines {
      let name = line.trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty else { continue }
      names.insert(name)
      names.insert(NameIndex.stem(name) ?? name)
    }
    guard !names.isEmpty else {
      throw DataError.noItems(source: url.relativePath, expected: "the name of an image a line")
    }
  }

  func contains(_ name: String) -> Bool {
    names.contains(name) || names.contains(NameIndex.stem(name) ?? name)
  }
}
