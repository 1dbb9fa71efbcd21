import Files
public import Foundation
public import JSON

/// Chooses captions by their scores in a table: the JSON lines of `plumb score --per-caption`.
public struct FilteredTable: Sendable {
  /// The lines that are kept, byte for byte.
  public let lines: [String]
  /// Why captions were kept or not.
  public let counts: FilterCounts
  /// How many captions were excluded by their ids before.
  public let excluded: Int
  private let filter: PairFilter
  private let metric: String
  private let threshold: Double?

  /// Chooses lines.
  ///
  /// - Parameters:
  ///   - metric: the name of the score, as the lines have it: `CLIPScore`.
  ///   - excluded: ids that are not kept, such as those of duplicates; the path of an image excludes the ids that its end is, with or without
  ///     extension.
  /// - Throws: ``ShardingError``.
  public init(
    _ filter: PairFilter, of table: URL, by metric: String, excluding excluded: Set<String> = []
  ) throws {
    let name = table.relativePath
    let bytes: Data
    do { bytes = try Data(contentsOf: table, options: .mappedIfSafe) } catch {
      throw ShardingError.unreadable(file: name, reason: error.localizedDescription)
    }
    var rows: [(row: PairRow, line: String)] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      let row = try Self.row(line, metric) { ShardingError.badLine(file: name, line: index + 1, problem: $0) }
      rows.append((row, String(decoding: line, as: UTF8.self)))
    }
    let count = rows.count
    let names = Set(excluded.flatMap(Self.names))
    rows.removeAll { names.contains($0.row.key) }
    var decision = FilterDecision(filter, among: rows.compactMap(\.row.score))
    lines = rows.filter { decision.keeps($0.row) }.map(\.line)
    counts = decision.counts
    threshold = decision.topThreshold
    self.excluded = count - rows.count
    self.filter = filter
    self.metric = metric
  }

  /// What the caption of an image may be called: its path or the end of it, with or without extension.
  private static func names(of path: String) -> [String] {
    let parts = path.split(separator: "/")
    let ends = [path] + parts.indices.map { parts[$0...].joined(separator: "/") }
    return ends + ends.map { ($0 as NSString).deletingPathExtension }
  }

  private static func row(
    _ line: Data, _ metric: String, _ error: (String) -> ShardingError
  ) throws -> PairRow {
    guard case .object(let members)? = try? JSONValue(parsing: line) else {
      throw error("it is no JSON object")
    }
    func value(_ key: String) -> JSONValue? { members.first { $0.key == key }?.value }
    guard let id = value("id")?.string else { throw error("it has no \"id\"") }
    guard let score = value(metric) else {
      let known = members.map(\.key).filter { !["id", "caption"].contains($0) }
      throw error("it has no \"\(metric)\" among \(known.joined(separator: ", "))")
    }
    let number = score.number.flatMap { $0.isFinite ? $0 : nil }
    return PairRow(key: id, isEmbedded: number != nil, score: number, hash: nil, value: members)
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
