import Files
import Foundation
import JSON

/// Composite (Aditya et al. 2015): how correct people found captions of Flickr8k, Flickr30k and COCO, from 1 to 5.
///
/// As Hessel et al. 2021 (CLIPScore) report it: three captions of an image, the three sources pooled, and the one that
/// is the image's own reference taken out of the references.
enum CompositeJudgements {
  /// How many captions of an image count; the fourth of Flickr30k and COCO is in no published figure.
  private static let counted = 3
  private static let folders = ["AMT_eval", "composite"]
  private static let textFolders = [
    "Flickr8k_text", "flickr8k", "flickr8k/Flickr8k_text", "flickr30k", "coco", "annotations",
    "coco/annotations", "composite",
  ]
  private static let rules =
    "τ-c over three sources pooled; three captions an image; those of the references that were judged taken out"

  /// One of the three sources.
  private struct Source {
    var table: String
    /// How many captions, and then ratings, follow the image.
    var captionCount: Int
    /// Names of files with its references; the first that is there is read, and those of a list together.
    var references: [[String]]
    var expected: String
  }

  private static let sources = [
    Source(
      table: "8k_correctness.csv", captionCount: 3,
      references: [["Flickr8k.token.txt"], ["dataset_flickr8k.json"]], expected: "Flickr8k.token.txt"),
    Source(
      table: "30k_correctness.csv", captionCount: 4,
      references: [["results_20130124.token"], ["dataset_flickr30k.json"]], expected: "results_20130124.token"
    ),
    Source(
      table: "coco_correctness.csv", captionCount: 4,
      references: [["captions_val2014.json", "captions_train2014.json"], ["dataset_coco.json"]],
      expected: "captions_val2014.json"),
  ]

  static func read(_ folder: JudgementFolder) throws -> JudgementSet {
    var set = JudgementSet(
      name: folder.set.rawValue, items: [], judgements: .ratings([], coefficient: .kendallC), rules: rules)
    guard sources.contains(where: { folder.find([$0.table], under: folders) != nil }) else {
      if let file = folder.find(["composite.json"], under: folders) { return try readJSON(file, set) }
      throw folder.missing(
        "8k_correctness.csv, 30k_correctness.csv and coco_correctness.csv, or composite.json,")
    }
    for source in sources {
      guard let table = folder.find([source.table], under: folders) else {
        throw folder.missing(source.table)
      }
      var captions: [ImageCaptions] = []
      for names in source.references where captions.isEmpty {
        captions = try names.compactMap { folder.find([$0], under: textFolders) }.map(ImageCaptions.init)
      }
      guard !captions.isEmpty else {
        throw folder.missing("the references of \(source.table), \(source.expected),")
      }
      try read(CompositeTable(table, captionCount: source.captionCount), captions, into: &set)
    }
    return set
  }

  private static func read(
    _ table: CompositeTable, _ captions: [ImageCaptions], into set: inout JudgementSet
  ) throws {
    var images = ImageJudgements()
    for row in table.rows {
      guard let references = captions.lazy.compactMap({ $0.references(of: row.image) }).first else {
        throw JudgementError.unknown(
          file: table.file, line: row.line, what: "image", id: row.image,
          missingIn: captions.map(\.file).joined(separator: " or "))
      }
      for (place, candidate) in row.candidates.prefix(counted).enumerated() {
        images.add([row.ratings[place]], of: candidate, image: row.image, references: references)
        images.takeOutSame(candidate, image: row.image, orNearest: place == 0)
      }
    }
    try images.fill(&set, files: [table.file] + captions.map(\.file))
  }

  /// `{source: [{"image", "caption", "human", "references"}]}`, as some projects keep it.
  private static func readJSON(_ url: URL, _ empty: JudgementSet) throws -> JudgementSet {
    var set = empty
    let document = try JudgementDocument(url)
    var images = ImageJudgements()
    for (source, list) in try document.members(of: document.root, "the file") {
      guard case .array(let judgements) = list else { continue }
      for (index, judgement) in judgements.enumerated() {
        let entry = "\(source) \(index)"
        guard let rating = try document.number("human", of: judgement, entry) else { continue }
        let image = try document.text("image", of: judgement, entry)
        let references =
          document.member("references", of: judgement) == nil
          ? [] : try document.texts("references", of: judgement, entry)
        images.add(
          [rating], of: try document.text("caption", of: judgement, entry),
          image: image.split(separator: "/").last.map(String.init) ?? image, references: references)
      }
    }
    try images.fill(&set, files: [document.file])
    set.rules = "τ-c over the sources pooled; as the file has them"
    return set
  }
}
