public import CaptionData
public import JSON

/// What a run over shards has done.
public struct ShardedReport: Sendable {
  /// The shards that it has made.
  public internal(set) var made: [ShardSummary] = []
  /// The shards that were finished before.
  public internal(set) var earlier: [ShardSummary] = []
  /// The shards that other processes have in work.
  public internal(set) var busy: [String] = []
  /// The shards that could not be read, and why.
  public internal(set) var failed: [SkippedItem] = []
  /// How long it took.
  public internal(set) var seconds = 0.0

  /// The pairs of all finished shards, those that were finished before included.
  public var pairs: Int { sum(\.pairs) }
  /// Those of them that were embedded or scored.
  public var embedded: Int { sum(\.embedded) }
  /// Those that were not; the rows of the shards say why.
  public var failedPairs: Int { sum(\.failed) }
  /// The captions that were cut to the model's context.
  public var truncated: Int { sum(\.truncated) }
  /// The mean score of all scored pairs, where there are scores.
  public var meanScore: Double? {
    let scored = (made + earlier).filter { $0.meanScore != nil }
    let count = scored.reduce(0) { $0 + $1.embedded }
    return count == 0
      ? nil : scored.reduce(0) { $0 + ($1.meanScore ?? 0) * Double($1.embedded) } / Double(count)
  }
  /// The pairs that this run has read, a second.
  public var pairsPerSecond: Double {
    let pairs = made.reduce(0) { $0 + $1.pairs }
    return pairs == 0 || seconds <= 0 ? 0 : Double(pairs) / seconds
  }

  /// Counts shards that were not there among those that failed.
  public mutating func add(missing: [SkippedItem]) { failed += missing }

  private func sum(_ value: KeyPath<ShardSummary, Int>) -> Int {
    (made + earlier).reduce(0) { $0 + $1[keyPath: value] }
  }

  /// The report for programs.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(
        "shards",
        [
          "made": .integer(made.count), "finished_before": .integer(earlier.count),
          "in_work_elsewhere": .array(busy.map { .string($0) }),
          "failed": .array(failed.map { ["shard": .string($0.id ?? ""), "reason": .string($0.reason)] }),
        ]),
      .init("pairs", .integer(pairs)), .init("embedded", .integer(embedded)),
      .init("failed", .integer(failedPairs)), .init("truncated", .integer(truncated)),
    ]
    if let meanScore { members.append(.init("mean_score", .number(meanScore))) }
    members += [
      .init("seconds", .number(seconds)), .init("pairs_per_second", .number(pairsPerSecond)),
    ]
    return .object(members)
  }
}
