import Files
public import Foundation
public import JSON

/// Chooses pairs of finished shards, and writes which are kept, a list a shard, with a report.
///
/// Nothing is deleted. A run that was stopped goes on, and a list that is there is not written again.
public struct FilteredRun {
  /// The report's file.
  static let reportFile = "report.json"

  private let filter: PairFilter
  private let scored: ScoredShards
  private let output: URL
  private let excluded: ExcludedMembers

  /// Prepares.
  ///
  /// - Parameter excluded: names of images that are not kept, as `plumb dedup --list` writes those of archives' members.
  /// - Throws: ``ShardingError/noScores(folder:option:)`` where the filter needs scores and there are none,
  ///   ``ShardingError/nothingExcluded(shards:)`` where no name is that of a member of the shards.
  public init(
    _ filter: PairFilter, of scored: ScoredShards, excluding excluded: [String] = [], output: URL
  ) throws(ShardingError) {
    self.filter = filter
    self.scored = scored
    self.output = output
    self.excluded = ExcludedMembers(excluded, of: Set(scored.places.map(\.name)))
    if !excluded.isEmpty, self.excluded.isEmpty { throw .nothingExcluded(shards: scored.places.count) }
    guard !scored.haveScores, let folder = scored.folders.first?.relativePath else { return }
    if filter.minimumScore != nil { throw .noScores(folder: folder, option: "--min-score") }
    if filter.topFraction != nil { throw .noScores(folder: folder, option: "--top-fraction") }
  }

  /// What a filter has done.
  public struct Report: Sendable {
    /// Why pairs were kept or not.
    public let counts: FilterCounts
    /// How many lists were written.
    public let written: Int
    /// How many were there already.
    public let earlier: Int
    /// The report for programs, as it is written.
    public let json: JSONValue
  }

  /// Filters.
  ///
  /// - Parameters:
  ///   - shards: the archives, where new ones are to be written with the pairs that are kept; empty for lists alone.
  ///   - part: of which shards the files are written here; the pairs are chosen among all shards all the same.
  ///   - progress: called with the number of shards that are done.
  /// - Throws: ``ShardingError``, `FileWriteError`.
  public func run(
    archives shards: [Shard] = [], part: ShardPart = .whole,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Report {
    let sources = Dictionary(shards.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let names = Set(scored.places.map(\.name))
    if let stranger = shards.first(where: { !names.contains($0.name) }) {
      throw ShardingError.notScored(shard: stranger.url.relativePath)
    }
    for place in scored.places { try sources[place.name]?.requireSize(place.byteCount, of: place.folder) }
    var decision = try FilterDecision(filter, over: scored, excluding: excluded)
    try settings(decision, copies: !shards.isEmpty).open(output)
    let own = Set(part.elements(of: scored.places.map(\.name)))
    var written = 0
    var earlier = 0
    for (index, place) in scored.places.enumerated() {
      var lines: [String] = []
      var keys: Set<String> = []
      let kept = KeptShard(place.name, in: output)
      let isOwn = own.contains(place.name)
      try place.forEachRow { row in
        if excluded.contains(row.key, of: place.name) { return decision.exclude() }
        guard decision.keeps(row), isOwn else { return }
        keys.insert(row.key)
        lines.append(try Self.line(row))
      }
      if isOwn {
        if try kept.isDone(lines, hasArchive: sources[place.name] != nil) {
          earlier += 1
        } else {
          try kept.write(lines, keys: keys, from: sources[place.name])
          written += 1
        }
      }
      progress(index + 1, scored.places.count)
    }
    let json = json(decision)
    try AtomicFile.write(
      json.text(isIndented: true) + "\n", to: output.appendingPathComponent(Self.reportFile))
    return Report(counts: decision.counts, written: written, earlier: earlier, json: json)
  }

  /// A line of the list: what finds the pair again, and what it was kept for.
  private static func line(_ row: PairRow) throws -> String {
    let members = row.value.filter {
      ["key", "row", "cosine", "score", "sha256", "url", "uid"].contains($0.key)
    }
    return try JSONValue.object(members).text()
  }

  private var criteria: [JSONValue.Member] {
    [
      .init("min_score", filter.minimumScore.map { .number($0) } ?? .null),
      .init("top_fraction", filter.topFraction.map { .number($0) } ?? .null),
      .init("dedup", .bool(filter.removesDuplicates)),
    ] + (excluded.isEmpty ? [] : [.init("excluded_members_sha256", .string(excluded.hash))])
  }

  /// What a run that goes on must have in common with the one before: the same filter over the same pairs.
  private func settings(_ decision: FilterDecision, copies: Bool) -> RunSettings {
    RunSettings(
      command: "filter",
      criteria + [
        .init("archives", .bool(copies)),
        .init("shards", .integer(scored.places.count)),
        .init("pairs", .integer(scored.places.reduce(0) { $0 + $1.pairs })),
        .init("lowest_score_of_top_fraction", Self.number(decision.topThreshold)),
        .init("scored_with", .object(scored.settings.members)),
      ])
  }

  private func json(_ decision: FilterDecision) -> JSONValue {
    let counts = decision.counts
    let scoredPairs = counts.pairs - counts.failed
    func mean(_ sum: Double, _ count: Int) -> JSONValue {
      scored.haveScores && count > 0 ? .number(sum / Double(count)) : .null
    }
    return .object(
      criteria + [
        .init("lowest_score_of_top_fraction", Self.number(decision.topThreshold)),
        .init("shards", .integer(scored.places.count)), .init("pairs", .integer(counts.pairs)),
        .init("kept", .integer(counts.kept)), .init("excluded", .integer(counts.excluded)),
        .init("failed", .integer(counts.failed)),
        .init("below_min_score", .integer(counts.belowMinimum)),
        .init("below_top_fraction", .integer(counts.belowTop)),
        .init("duplicates", .integer(counts.duplicates)),
        .init("mean_score", mean(counts.scoreSum, scoredPairs)),
        .init("mean_score_kept", mean(counts.keptScoreSum, counts.kept)),
      ])
  }

  private static func number(_ value: Double?) -> JSONValue {
    value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
  }
}
