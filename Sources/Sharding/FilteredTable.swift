import CaptionData
public import Foundation
public import JSON

/// Chooses captions by their scores in a table: the JSON lines of `plumb score --per-caption`, or a CSV or TSV.
public struct FilteredTable: Sendable {
  /// The lines that are kept, each as it stands in the file; those of a CSV or TSV may hold line breaks in quotes.
  public let lines: [String]
  /// Why captions were kept or not.
  public let counts: FilterCounts
  /// How many captions were excluded by their ids before.
  public let excluded: Int
  private let header: String?
  private let filter: PairFilter
  private let metric: String
  private let threshold: Double?

  /// Chooses lines.
  ///
  /// - Parameters:
  ///   - metric: the name of the score, as the lines or columns have it: `CLIPScore`.
  ///   - excluded: ids that are not kept, such as those of duplicates; the path of an image excludes the ids that its end is, with or without
  ///     extension, and that of its COCO number.
  /// - Throws: ``ShardingError``, `DatasetError`.
  public init(
    _ filter: PairFilter, of table: URL, by metric: String, excluding excluded: Set<String> = []
  ) throws {
    let table = try ScoreTable(contentsOf: table, metric: metric)
    let names = Set(excluded.flatMap(Self.names))
    let rows = table.rows.filter { !names.contains($0.row.key) }
    var decision = FilterDecision(filter, among: rows.compactMap(\.row.score))
    lines = rows.filter { decision.keeps($0.row) }.map(\.text)
    header = table.header
    counts = decision.counts
    threshold = decision.topThreshold
    self.excluded = table.rows.count - rows.count
    self.filter = filter
    self.metric = metric
  }

  /// What is to be written: the line that names the columns, where there is one, and the lines that are kept.
  public var text: String { ((header.map { [$0] } ?? []) + lines).map { $0 + "\n" }.joined() }

  /// What the caption of an image may be called: its path or the end of it, with or without extension, or its COCO number.
  private static func names(of path: String) -> [String] {
    let parts = path.split(separator: "/")
    let ends = [path] + parts.indices.map { parts[$0...].joined(separator: "/") }
    let stems = ends.map { ($0 as NSString).deletingPathExtension }
    return ends + stems + (stems.last.map(NameIndex.cocoIDs) ?? [])
  }

  /// The report for programs.
  public var json: JSONValue {
    [
      "metric": .string(metric), "min_score": filter.minimumScore.map { .number($0) } ?? .null,
      "top_fraction": filter.topFraction.map { .number($0) } ?? .null,
      "lowest_score_of_top_fraction": threshold.flatMap { $0.isFinite ? .number($0) : nil } ?? .null,
      "captions": .integer(counts.pairs + excluded), "kept": .integer(counts.kept),
      "excluded": .integer(excluded), "failed": .integer(counts.failed),
      "below_min_score": .integer(counts.belowMinimum),
      "below_top_fraction": .integer(counts.belowTop),
    ]
  }
}
