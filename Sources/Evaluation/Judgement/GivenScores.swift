public import CaptionData
public import Foundation

/// Scores of a metric from elsewhere: JSON lines `{"id", "score"}`.
public struct GivenScores: Sendable {
  /// What the metric is called.
  public var name: String
  /// The file as the user named it.
  public let file: String
  /// The captions whose score is missing, and why they are skipped.
  public let skipped: [SkippedItem]
  private let scores: [String: Double]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - name: what the metric is called; nil for the file's own name without its extension.
  ///   - keepGoing: whether captions whose score is `null` or NaN are skipped, by all metrics, and listed.
  /// - Throws: ``JudgementError``, ``DatasetError``.
  public init(contentsOf url: URL, name: String? = nil, keepGoing: Bool = false) throws {
    let text = try TextFile(contentsOf: url)
    file = text.name
    self.name = name ?? url.deletingPathExtension().lastPathComponent
    var scores: [String: Double] = [:]
    var skipped: [SkippedItem] = []
    var lines: [String: Int] = [:]
    try text.forEachRow { row in
      guard let id = try row.identifier("id") else { throw row.missing("\"id\"") }
      if let first = lines[id] {
        throw JudgementError.duplicateID(file: text.name, line: row.line, id: id, firstLine: first)
      }
      lines[id] = row.line
      if let fault = row.missingValue("score", expected: "a number") {
        guard keepGoing else { throw fault }
        skipped.append(SkippedItem(id: id, reason: fault.description))
        return
      }
      guard let score = try row.numbers("score"), score.count == 1 else { throw row.missing("\"score\"") }
      scores[id] = score[0]
    }
    self.scores = scores
    self.skipped = skipped
  }

  /// The score of every caption of a set, nil for those that are skipped, and how many scores there are that belong to none.
  ///
  /// - Throws: ``JudgementError/missingScores(file:ids:count:of:)``.
  func scores(for items: [JudgementSet.Item]) throws -> (scores: [Double?], unused: Int) {
    let skipped = Set(skipped.compactMap(\.id))
    let missing = items.filter { scores[$0.id] == nil && !skipped.contains($0.id) }
    guard missing.isEmpty else {
      throw JudgementError.missingScores(
        file: file, ids: missing.prefix(5).map(\.id), count: missing.count, of: items.count)
    }
    let known = Set(items.map(\.id))
    return (items.map { scores[$0.id] }, scores.keys.count { !known.contains($0) })
  }
}
