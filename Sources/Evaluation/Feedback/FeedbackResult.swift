public import CaptionMetrics
import Files
import Foundation
import JSON
public import Retrieval

/// How well methods of relevance feedback did, round by round.
public struct FeedbackResult: Sendable {
  /// A measure by rounds, from the ranking by text to the last one.
  public struct Curve: Sendable, Equatable {
    /// The mean over all runs.
    public var rounds: [Double]
    /// The mean over the rounds after the first ranking.
    public var mean: Double
    /// The 95 % interval of ``mean`` over queries, by bootstrap; nil where there are too few queries.
    public var interval: ClosedRange<Double>?
  }

  /// How it was measured.
  public let evaluation: FeedbackEvaluation
  /// The images.
  public let imageCount: Int
  /// The query of each run.
  let queryOfRun: [Int]
  /// By run, method and round.
  let measures: [[FeedbackMethod: [FeedbackEvaluation.Measure]]]

  /// The share of relevant images among the first 50.
  public func precision(_ method: FeedbackMethod) -> Curve { curve(method, \.precision) }
  /// The average precision.
  public func averagePrecision(_ method: FeedbackMethod) -> Curve { curve(method, \.averagePrecision) }
  /// ``precision(_:)`` of the ranking by text alone of the images that are left to a method.
  public func textPrecision(besides method: FeedbackMethod) -> Curve { curve(method, \.textPrecision) }
  /// The same for ``averagePrecision(_:)``.
  public func textAveragePrecision(besides method: FeedbackMethod) -> Curve {
    curve(method, \.textAveragePrecision)
  }

  /// The F1 of the images that ``FeedbackMethod/branches`` names.
  public func f1() -> Curve { curve(.branches) { $0.f1 ?? 0 } }

  private func curve(
    _ method: FeedbackMethod, _ value: (FeedbackEvaluation.Measure) -> Double
  ) -> Curve {
    let runs = measures.map { ($0[method] ?? []).map(value) }
    let rounds = (0...evaluation.rounds).map { round in
      runs.reduce(0) { $0 + ($1.indices.contains(round) ? $1[round] : 0) } / Double(max(1, runs.count))
    }
    // Runs of one query depend on each other: queries are drawn.
    var byQuery: [Int: (sum: Double, count: Int)] = [:]
    for (query, run) in zip(queryOfRun, runs) {
      byQuery[query, default: (0, 0)].sum += run.dropFirst().reduce(0, +) / Double(max(1, evaluation.rounds))
      byQuery[query, default: (0, 0)].count += 1
    }
    return Curve(
      rounds: rounds, mean: rounds.dropFirst().reduce(0, +) / Double(max(1, evaluation.rounds)),
      interval: Self.interval(ofMeanOf: byQuery.sorted { $0.key < $1.key }.map(\.value)))
  }

  /// The 95 % interval of the mean over all runs, by bootstrap; nil where there are too few queries.
  ///
  /// - Parameter queries: what the runs of each query add up to, and how many they are.
  static func interval(ofMeanOf queries: [(sum: Double, count: Int)]) -> ClosedRange<Double>? {
    let bootstrap = Bootstrap()
    let draws = bootstrap.draws(groupCount: queries.count) { counts in
      var (sum, count) = (0.0, 0)
      for (query, times) in zip(queries, counts) {
        sum += query.sum * Double(times)
        count += query.count * Int(times)
      }
      return [count > 0 ? sum / Double(count) : nil]
    }
    return bootstrap.interval(of: draws.map { $0.first ?? nil })
  }

  /// The table of both measures, in percent.
  public func report(provenance: Provenance) -> EvaluationReport {
    var provenance = provenance
    provenance.metrics = ["P@50", "AP"]
    func percent(_ value: Double) -> String { String(format: "%.1f", 100 * value) }
    func line(_ label: String, _ curve: Curve) -> EvaluationReport.Line {
      return .init(
        label,
        curve.rounds.map(percent) + [
          percent(curve.mean),
          curve.interval.map { "\(percent($0.lowerBound))–\(percent($0.upperBound))" } ?? "–",
        ])
    }
    func leadLines(_ name: String, _ leads: [Lead]) -> [EvaluationReport.Line] {
      guard let last = leads.last else { return [] }
      let interval = last.interval.map { "\(percent($0.lowerBound))–\(percent($0.upperBound))" } ?? "–"
      return [
        .init("\(name) ahead of the best other", ["–"] + leads.map { percent($0.difference) } + [interval]),
        .init(
          "\(name) ahead, at least",
          ["–"] + leads.map { $0.interval.map { percent($0.lowerBound) } ?? "–" } + ["–"]),
      ]
    }
    var lines: [EvaluationReport.Line] = []
    for (name, curve, textCurve, lead) in [
      ("P@50", precision, textPrecision(besides:), precisionLead(of:)),
      ("AP", averagePrecision, textAveragePrecision(besides:), averagePrecisionLead(of:)),
    ] {
      for method in evaluation.methods { lines.append(line("\(name) \(method.rawValue)", curve(method))) }
      if evaluation.methods.contains(.adaptive) {
        lines.append(line("\(name) text, same images", textCurve(.adaptive)))
        lines += leadLines(name, lead(.adaptive))
      }
    }
    if evaluation.methods.contains(.branches) { lines.append(line("F1 branches", f1())) }
    return EvaluationReport(
      title:
        "Relevance feedback among \(counted(imageCount, "image")): \(Set(queryOfRun).count) queries, "
        + "\(counted(measures.count, "run")), \(evaluation.marks)+\(evaluation.marks) marks a round",
      columns: (0...evaluation.rounds).map { "\($0)" } + ["mean", "95 %"], lines: lines,
      legend:
        "percent after each round, of the images that were not marked; the mean is that of the rounds after the first ranking. "
        + "\"text, same images\" ranks the images that are left to the adaptive method by text alone; \"ahead\" is adaptive less the best "
        + "other method of the round, run by run, and \"at least\" the lower end of its 95 % interval over queries.",
      results: [
        .init("images", .integer(imageCount)), .init("queries", .integer(Set(queryOfRun).count)),
        .init("runs", .integer(measures.count)), .init("marks", .integer(evaluation.marks)),
        .init(
          "methods",
          .object(
            evaluation.methods.map { method in
              .init(
                method.rawValue,
                [
                  "P@50": precision(method).json, "AP": averagePrecision(method).json,
                  "text_P@50": textPrecision(besides: method).json,
                  "text_AP": textAveragePrecision(besides: method).json,
                ])
            })),
        .init(
          "adaptive_ahead",
          evaluation.methods.contains(.adaptive)
            ? [
              "P@50": .array(precisionLead(of: .adaptive).map(\.json)),
              "AP": .array(averagePrecisionLead(of: .adaptive).map(\.json)),
            ] : .null),
        .init("branches_F1", evaluation.methods.contains(.branches) ? f1().json : .null),
      ],
      provenance: provenance)
  }
}

extension FeedbackResult.Curve {
  var json: JSONValue {
    [
      "rounds": .array(rounds.map { .number($0) }), "mean": .number(mean),
      "interval": interval.map { .array([.number($0.lowerBound), .number($0.upperBound)]) } ?? .null,
    ]
  }
}

extension FeedbackResult.Lead {
  var json: JSONValue {
    [
      "other": .string(other.rawValue), "difference": .number(difference),
      "interval": interval.map { .array([.number($0.lowerBound), .number($0.upperBound)]) } ?? .null,
    ]
  }
}
