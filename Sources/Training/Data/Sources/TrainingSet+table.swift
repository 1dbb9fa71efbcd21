import CaptionData
import Files
public import Foundation

extension TrainingSet {
  /// Images and captions from a table: CSV or TSV (`.gz` too) with named columns (`filepath,title`,
  /// `image,caption`), or without names, a path and a caption, in either order: the layout of Conceptual Captions
  /// once its images are fetched. Several rows of one image are one item with several captions.
  ///
  /// Whether the images are there is seen when they are read: ``BatchLoader`` skips what is not.
  ///
  /// - Parameters:
  ///   - images: the folder that the paths start from.
  ///   - missingShare: the share of rows that may make no sense; they are listed in ``skipped``.
  /// - Throws: ``DataError``, ``DatasetError``.
  public static func table(_ file: URL, images: URL, missingShare: Double = 0.01) throws -> TrainingSet {
    let lines = try TextLines(file)
    let columns = try CaptionColumns(of: lines.file, needsImage: true)
    var set = TrainingSet(name: lines.file.name)
    var order: [String] = []
    var captions: [String: [String]] = [:]
    let base = images.path
    try columns.forEachRow(of: lines.file) { row in
      switch row {
      case .success(let (image, caption)):
        if captions[image] == nil { order.append(image) }
        captions[image, default: []].append(caption)
      case .failure(let problem):
        set.skipped.append(SkippedItem(id: nil, reason: problem.description))
      }
    }
    for image in order {
      let path = image.hasPrefix("/") ? image : "\(base)/\(image)"
      set.append(id: image, place: set.place(of: path), captions: captions[image] ?? [])
    }
    try set.checkShare(missingShare, expected: "rows with an image's path and a caption")
    return set
  }
}

extension CaptionColumns {
  /// Calls `body` with every row's image and caption, or with what is wrong with the row.
  func forEachRow(
    of file: TextFile, _ body: (Result<(image: String, caption: String), DataError>) throws -> Void
  ) throws {
    var scanner = DelimitedScanner(file.bytes, delimiter: delimiter)
    var fields: [DelimitedScanner.Field] = []
    var isFirst = true
    while true {
      do throws(DelimitedScanner.Failure) {
        guard try scanner.next(&fields) else { return }
      } catch {
        try body(
          .failure(
            .malformed(
              file: file.name, line: error.line, expected: "fields in pairs of quotes", found: error.problem))
        )
        continue
      }
      defer { isFirst = false }
      if isFirst && hasHeader { continue }
      let texts = [image, caption].map { column in
        column.flatMap { fields.indices.contains($0) ? scanner.text(fields[$0]) : nil } ?? ""
      }
      let (path, text) = (texts[0], texts[1].trimmingCharacters(in: .whitespaces))
      if CaptionList.isMissing(cell: text) || (image != nil && path.isEmpty) {
        try body(
          .failure(
            .malformed(
              file: file.name, line: scanner.line, expected: "a caption in column \(caption + 1)",
              found: "\(fields.count) fields")))
      } else {
        try body(.success((path, text)))
      }
    }
  }
}
