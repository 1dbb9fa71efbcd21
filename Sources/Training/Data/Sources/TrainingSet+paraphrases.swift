import CaptionData
import Files
public import Foundation
import JSON

extension TrainingSet {
  /// Captions with their paraphrases, as `plumb paraphrase` writes them: JSON lines with `id`, `caption`, `paraphrase` and, as
  /// a rule, `plain`.
  ///
  /// Each line is an item with three captions: the caption x, its plain paraphrase x′, and x″, a paraphrase of x′. Where a
  /// line has no `plain`, x″ stands for it.
  ///
  /// - Parameters:
  ///   - images: the folder in which the image of each `id` is looked for; nil for captions without images.
  ///   - split: a file with the name of an image a line; only lines of these are taken, and names without a line are listed in
  ///     ``skipped``.
  ///   - missingShare: the share of lines whose images may be missing; they are listed in ``skipped``.
  /// - Throws: ``DataError``, ``DatasetError``.
  public static func paraphrases(
    _ file: URL, images: URL?, split: URL? = nil, missingShare: Double = 0.01
  ) throws -> TrainingSet {
    let lines = try TextLines(file)
    let wanted = try split.map(ImageNames.init)
    var folder = try images.map(ImageFolder.init)
    var set = TrainingSet(name: lines.file.name)
    var places: [String: Place] = [:]
    var found: Set<String> = []
    for (index, line) in lines.lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      let (id, captions) = try paraphrase(line, file: set.name, line: index + 1)
      found.insert(id)
      if let wanted, !wanted.contains(id) { continue }
      var place = Place.none
      if folder != nil {
        if let known = places[id] {
          place = known
        } else {
          do {
            let image = try folder?.image(for: id)
            guard image.map({ FileStretch($0) == nil }) ?? true else {
              throw DataError.badOption(
                name: "the folder of images", expected: "files of images", found: "an archive")
            }
            place = set.place(of: image?.path ?? "")
            places[id] = place
          } catch let error as DatasetError {
            set.skipped.append(SkippedItem(id: id, reason: error.description))
            continue
          }
        }
      }
      set.append(id: id, place: place, captions: captions)
    }
    try set.checkShare(
      missingShare,
      expected: "lines with a caption and its paraphrases"
        + (images.map { ", whose images are in \($0.relativePath)" } ?? ""))
    set.skipped += wanted?.missing(from: set.name, among: Array(found)) ?? []
    return set
  }

  private static func paraphrase(
    _ text: String, file: String, line: Int
  ) throws -> (id: String, captions: [String]) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: text.utf8)
    } catch let error as JSONSyntaxError {
      throw DataError.malformed(file: file, line: line, expected: "a JSON object", found: error.problem)
    }
    func caption(_ key: String) throws -> String {
      guard let found = value.object?[key]?.string, !found.allSatisfy(\.isWhitespace) else {
        throw DataError.malformed(
          file: file, line: line, expected: "a text under \"\(key)\", as plumb paraphrase writes it",
          found: value.object?[key]?.summary ?? "nothing")
      }
      return found
    }
    let id = value.object?["id"]?.string ?? value.object?["id"]?.integer.map(String.init)
    let paraphrase = try caption("paraphrase")
    let plain = value.object?["plain"]?.string == nil ? paraphrase : try caption("plain")
    return (id ?? "\(line)", [try caption("caption"), plain, paraphrase])
  }
}
