public import CaptionMetrics
import JSON

/// How well metrics agree with people, and where the numbers come from.
public struct JudgementReport: Sendable {
  /// What the set of judgements is called.
  public let name: String
  /// The rules that were followed.
  public let rules: String
  /// The files with the judgements, as the user named them.
  public let files: [String]
  /// How many judgements there are.
  public let rows: Int
  /// How many captions were judged.
  public let captionCount: Int
  /// How many images there are.
  public let imageCount: Int
  /// The coefficient that has an interval and leads the table; nil for pairs, whose share of right answers does.
  public let coefficient: Correlation?
  /// How the intervals were made.
  public let bootstrap: Bootstrap
  /// How references were drawn, where not all are used at once.
  public let draws: JudgementSet.ReferenceDraws?
  /// The metrics, in the order in which they were computed.
  public internal(set) var metrics: [JudgedMetric] = []
  /// Where the numbers come from.
  public internal(set) var provenance: Provenance

  init(
    set: JudgementSet, imageCount: Int, coefficient: Correlation?, bootstrap: Bootstrap,
    provenance: Provenance
  ) {
    name = set.name
    rules = set.rules
    files = set.files
    rows = set.judgements.count
    captionCount = set.items.count
    self.imageCount = imageCount
    switch set.judgements {
    case .ratings(_, let usual): self.coefficient = coefficient ?? usual
    case .preferences: self.coefficient = nil
    }
    self.bootstrap = bootstrap
    draws = set.draws
    self.provenance = provenance
  }

  /// The value that leads the table, from −1 to 1, or from 0 to 1 for pairs; nil where it is not defined.
  public func leadingValue(of metric: JudgedMetric) -> Double? {
    switch metric.agreement {
    case .correlations(let values): coefficient.flatMap { values[$0] }
    case .accuracy(let accuracy): accuracy.overall
    }
  }

  /// The metrics, the one that agrees best first; equals in the order in which they were computed.
  public var ranked: [JudgedMetric] {
    metrics.enumerated().sorted { a, b in
      let (first, second) = (leadingValue(of: a.element) ?? -2, leadingValue(of: b.element) ?? -2)
      return first == second ? a.offset < b.offset : first > second
    }.map(\.element)
  }

  /// `{"dataset", "rows", "coefficient", "metrics": {"CIDEr": {"tau_b", …, "low", "high"}}, "provenance"}`.
  ///
  /// - Throws: `JSONNumberNotFinite`.
  public func json() throws -> String {
    let report: JSONValue = [
      "dataset": .string(name), "rows": .integer(rows), "captions": .integer(captionCount),
      "images": .integer(imageCount), "coefficient": .string(coefficient?.rawValue ?? "accuracy"),
      "metrics": .object(metrics.map { .init($0.name, json(of: $0)) }),
      "provenance": provenanceJSON,
    ]
    return try report.text(isIndented: true)
  }

  /// One line for a paper: the signature of the scores, the set, the coefficient and the resamples.
  public var signature: String {
    let coefficient = coefficient?.rawValue ?? "accuracy"
    return "\(name)|\(coefficient)|bs:\(bootstrap.resamples)|seed:\(bootstrap.seed)|" + provenance.signature
  }

  private func json(of metric: JudgedMetric) -> JSONValue {
    var members: [JSONValue.Member] = []
    switch metric.agreement {
    case .correlations(let values):
      members = Correlation.allCases.map {
        .init($0.rawValue, values[$0].map(JSONValue.number) ?? .null)
      }
    case .accuracy(let accuracy):
      members.append(.init("accuracy", accuracy.overall.map(JSONValue.number) ?? .null))
      if !accuracy.categories.isEmpty {
        members.append(
          .init(
            "categories",
            .object(accuracy.categories.map { .init($0.name, $0.share.map(JSONValue.number) ?? .null) })))
      }
    }
    members.append(.init("low", metric.interval.map { .number($0.lowerBound) } ?? .null))
    members.append(.init("high", metric.interval.map { .number($0.upperBound) } ?? .null))
    if metric.rows != rows { members.append(.init("rows", .integer(metric.rows))) }
    return .object(members)
  }

  private var provenanceJSON: JSONValue {
    var judgements: [JSONValue.Member] = [
      .init("files", .array(files.map(JSONValue.string))), .init("rules", .string(rules)),
      .init(
        "interval",
        [
          "level": .number(bootstrap.level), "of": .string(coefficient?.rawValue ?? "accuracy"),
          "over": "images", "method": "percentile bootstrap", "resamples": .integer(bootstrap.resamples),
          "seed": JSONValue(seed: bootstrap.seed),
        ]),
    ]
    if let draws {
      judgements.append(
        .init("reference_draws", ["count": .integer(draws.count), "references": .integer(draws.size)]))
    }
    guard case .object(let members) = provenance.json else { return .object(judgements) }
    return .object(members + [.init("judgements", .object(judgements))])
  }
}
