import CaptionData
import Foundation

/// THumB 1.0 (Kasai et al. 2022, "Transparent Human Evaluation for Image Captioning"): captions of five sources for 500 images of
/// COCO, each rated by experts who were held to a rubric.
///
/// Precision P and recall R are from 1 to 5; the total is their mean, less penalties for fluency, inclusive language and
/// conciseness.
enum THumBJudgements {
  private static let folders = ["thumb", "THumB", "mscoco"]
  private static let ratingNames = ["THumB-1.0.jsonl", "thumb.jsonl"]
  private static let referenceNames = ["references.json", "references.jsonl"]

  static func read(_ folder: JudgementFolder) throws -> JudgementSet {
    guard let ratings = folder.find(ratingNames, under: folders),
      let references = folder.find(referenceNames, under: folders)
    else { throw folder.missing("THumB-1.0.jsonl and references.json") }
    let (key, what) =
      switch folder.set {
      case .thumbPrecision: ("P", "precision")
      case .thumbRecall: ("R", "recall")
      default: ("human_score", "the total, the mean of precision and recall less penalties")
      }
    let known = try readReferences(references)
    let file = try TextFile(contentsOf: ratings)
    var set = JudgementSet(
      name: folder.set.rawValue, items: [], judgements: .ratings([], coefficient: .kendallC),
      rules: "τ-c with \(what); each of five captions an image a row, people's among them",
      files: [file.name, known.file])
    var judged: [JudgementSet.Rating] = []
    var lines: [String: Int] = [:]
    try file.forEachRow { row in
      guard let image = try row.identifier("image"), let segment = try row.identifier("seg_id"),
        let source = try row.identifier("SYS"), let candidate = try row.text("hyp")
      else { throw row.missing("one of \"image\", \"seg_id\", \"SYS\" and \"hyp\"") }
      guard let rating = try row.numbers(key)?.first else { throw row.missing("\"\(key)\"") }
      guard let references = known.bySegment[segment] else {
        throw JudgementError.unknown(
          file: file.name, line: row.line, what: "image", id: segment, missingIn: known.file)
      }
      let id = "\(segment):\(source)"
      if let first = lines[id] {
        throw JudgementError.duplicateID(file: file.name, line: row.line, id: id, firstLine: first)
      }
      lines[id] = row.line
      judged.append(.init(item: set.items.count, value: rating))
      set.items.append(
        .init(id: id, image: image, candidate: candidate.singleSpaced, references: references))
    }
    guard judged.count > 1 else { throw JudgementError.nothingToJudge(file: file.name) }
    set.judgements = .ratings(judged, coefficient: .kendallC)
    return set
  }

  /// The references of each image by its `seg_id`.
  private static func readReferences(_ url: URL) throws -> (file: String, bySegment: [String: [String]]) {
    let file = try TextFile(contentsOf: url)
    var references: [String: [String]] = [:]
    try file.forEachRow { row in
      guard let segment = try row.identifier("seg_id"), let texts = try row.texts("refs") else {
        throw row.missing("\"seg_id\" or \"refs\"")
      }
      references[segment] = texts.map(\.singleSpaced)
    }
    return (file.name, references)
  }
}
