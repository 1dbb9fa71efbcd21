import CaptionData
import Files
public import Foundation

extension TrainingSet {
  /// Images in a folder, with captions from a file in any layout that ``CaptionedImages`` reads: COCO annotations,
  /// JSON, CSV and TSV with named columns, and Flickr's `name.jpg#0<tab>caption`.
  ///
  /// - Parameters:
  ///   - split: a file with the name of an image a line; only these are taken, and names that have no caption are listed in
  ///     ``skipped``. Of a file of captions that divides its
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
    // A recipe names no columns.
    var selection = CaptionSelection(splits: splitName.map { [$0] })
    (selection.columnOption, selection.idColumnOption) = (nil, nil)
    do {
      captioned = try CaptionedImages(
        contentsOf: file, images: images, selection: selection, keepGoing: true)
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
    let place = images.relativePath
    try set.checkShare(
      missingShare,
      expected: wanted.map { "captions of images in \(place) that \($0.source) names" }
        ?? "captions whose images are in \(place)")
    let found = captioned.images.map(\.name) + captioned.skipped.compactMap(\.id)
    set.skipped += wanted?.missing(from: set.name, among: found).filter { $0.id.map(takes) != false } ?? []
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
  /// The file as the user named it.
  let source: String
  /// In the order of the file.
  private var lines: [String] = []
  private var names: Set<String> = []

  init(_ url: URL) throws {
    source = url.relativePath
    for line in try TextLines(url).lines {
      let name = line.trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty, names.insert(name).inserted else { continue }
      lines.append(name)
      names.insert(NameIndex.stem(name) ?? name)
    }
    guard !names.isEmpty else {
      throw DataError.noItems(source: source, expected: "the name of an image a line")
    }
  }

  func contains(_ name: String) -> Bool {
    names.contains(name) || names.contains(NameIndex.stem(name) ?? name)
  }

  /// The lines that name nothing in a file of captions.
  ///
  /// - Parameter found: what the file names.
  func missing(from file: String, among found: [String]) -> [SkippedItem] {
    let known = Set(found).union(found.map { NameIndex.stem($0) ?? $0 })
    return lines.filter { !known.contains($0) && !known.contains(NameIndex.stem($0) ?? $0) }
      .map { SkippedItem(id: $0, reason: "\(source) names \($0), of which \(file) has no caption") }
  }
}
