public import CaptionMetrics
import Files
public import Foundation
import JSON

extension CLIPScoreResult {
  /// The corpus values as a report.
  public func report(title: String, provenance: Provenance) -> EvaluationReport {
    let values = [("CLIPScore", corpus)] + (referenceCorpus.map { [("RefCLIPScore", $0)] } ?? [])
    var provenance = provenance
    provenance.metrics = values.map(\.0)
    return EvaluationReport(
      title: title, columns: ["mean"],
      lines: values.map { .init($0.0, [String(format: "%.5f", $0.1)]) },
      legend: "\(definition.rawValue), \(counted(scores.count, "caption"))"
        + (referenceCorpus == nil ? "; RefCLIPScore needs references for every caption" : ""),
      results: [
        .init("corpus", .object(values.map { .init($0.0, .number($0.1)) })),
        .init("captions", .integer(scores.count)),
      ],
      provenance: provenance)
  }

  /// Writes a line for each caption: its row, its image's row, its scores.
  ///
  /// - Throws: `FileWriteError`.
  public func writeLines(for items: [EmbeddingScores.Item], to url: URL) throws {
    let file = try AtomicFile(url)
    for (item, score) in zip(items, scores) {
      guard let score else { continue }
      var members: [JSONValue.Member] = [
        .init("text_row", .integer(item.caption)), .init("image_row", .integer(item.image)),
        .init("CLIPScore", .number(score.score)),
      ]
      if let reference = score.referenceScore { members.append(.init("RefCLIPScore", .number(reference))) }
      try file.write(JSONValue.object(members).text() + "\n")
    }
    try file.commit()
  }
}
