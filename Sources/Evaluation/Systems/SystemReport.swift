public import CaptionMetrics
import JSON

/// Systems side by side: their values for each metric, and how sure the differences from the first of them are.
public struct SystemReport: Sendable {
  /// One system's value of one metric.
  public struct Value: Sendable, Equatable {
    /// The value of the corpus.
    public var value: Double
    /// Where the value of another choice of images might lie; nil where nothing was resampled.
    public var interval: ClosedRange<Double>?
    /// How it differs from the baseline; nil for the baseline.
    public var difference: Difference?
  }

  /// The difference of a system from the baseline.
  public struct Difference: Sendable, Equatable {
    /// The system's value less the baseline's.
    public var value: Double
    /// Where the difference with another choice of images might lie; nil where nothing was resampled.
    public var interval: ClosedRange<Double>?
    /// The p-value of the paired bootstrap; nil without resamples, and of one caption.
    public var pBootstrap: Double?
    /// The p-value of approximate randomization; nil without trials.
    public var pRandomization: Double?
    /// How many captions score better than the baseline's, as well, and worse.
    public var captions: (better: Int, equal: Int, worse: Int)

    /// The p-value that tables show: of approximate randomization, or else of the bootstrap.
    public var pValue: Double? { pRandomization ?? pBootstrap }

    /// Compares all members.
    public static func == (first: Self, second: Self) -> Bool {
      (first.value, first.interval, first.pBootstrap, first.pRandomization)
        == (second.value, second.interval, second.pBootstrap, second.pRandomization)
        && first.captions == second.captions
    }
  }

  /// One metric's values.
  public struct Row: Sendable, Equatable {
    /// What the values are called, and how they are read.
    public var scale: MetricScale
    /// A value a system, in the order of ``SystemReport/names``.
    public var values: [Value]
  }

  /// What the systems are called; the first is the baseline.
  public let names: [String]
  /// How many captions each system was scored on.
  public let captionCount: Int
  /// The metrics.
  public let rows: [Row]
  /// The captions with their values, image by image.
  let items: [Item]
  /// How differences were tested.
  public let resampling: PairedResampling
  /// Where the numbers come from.
  public let provenance: Provenance

  init(
    names: [String], scored: [ScoredDataset], resampling: PairedResampling, provenance: Provenance,
    _ progress: (@Sendable (_ stage: String, _ done: Int, _ total: Int) -> Void)?
  ) {
    let sums = scored.map { CorpusSums(joining: $0.sums) }
    let resampled = resampling.bootstrap(sums) { progress?("resamples", $0, $1) }
    let swapped = resampling.randomization(sums) { progress?("trials", $0, $1) }
    let baseline = scored.first?.results ?? []
    rows = baseline.indices.map { place in
      func value(_ system: Int) -> Value {
        let result = scored[system].results[place]
        let draws = resampled[system].map { $0[place] }
        guard system > 0 else {
          return Value(value: result.corpus, interval: PairedResampling.interval(of: draws))
        }
        let differences = zip(draws, resampled[0].map { $0[place] }).map { $0 - $1 }
        let difference = result.corpus - baseline[place].corpus
        let sizes = differences.map(abs)
        let mean = sizes.reduce(0, +) / Double(max(1, sizes.count))
        return Value(
          value: result.corpus, interval: PairedResampling.interval(of: draws),
          difference: Difference(
            value: difference, interval: PairedResampling.interval(of: differences),
            pBootstrap: PairedResampling.pValue(of: abs(difference), among: sizes.map { $0 - mean }),
            pRandomization: PairedResampling.pValue(
              of: abs(difference), among: swapped[system - 1].map { $0[place] }),
            captions: Self.counts(result, baseline[place])))
      }
      return Row(scale: baseline[place].scale, values: scored.indices.map(value))
    }
    self.names = names
    items = Self.items(scored)
    self.resampling = resampling
    captionCount = scored.first?.items.count ?? 0
    var provenance = provenance
    provenance.metrics = baseline.map(\.name)
    provenance.captionCount = captionCount
    self.provenance = provenance
  }

  /// How many captions of a system are better, equal and worse.
  private static func counts(
    _ result: MetricResult, _ baseline: MetricResult
  ) -> (better: Int, equal: Int, worse: Int) {
    let sign = result.scale.direction == .higherIsBetter ? 1.0 : -1.0
    var counts = (better: 0, equal: 0, worse: 0)
    for (mine, other) in zip(result.perItem, baseline.perItem) {
      let difference = sign * (mine - other)
      if difference > 0 {
        counts.better += 1
      } else if difference < 0 {
        counts.worse += 1
      } else {
        counts.equal += 1
      }
    }
    return counts
  }

  /// The report for programs.
  ///
  /// - Throws: `JSONError` where a value is not a finite number.
  public func json() throws -> String {
    let report: JSONValue = [
      "systems": .array(names.map(JSONValue.string)),
      "baseline": .string(names.first ?? ""),
      "count": .integer(captionCount),
      "tests": [
        "bootstrap_resamples": .integer(resampling.resamples),
        "randomization_trials": .integer(resampling.trials),
        "seed": JSONValue(seed: resampling.seed),
        "level": .number(PairedResampling.level),
      ],
      "metrics": .object(rows.map { .init($0.scale.name, .array(zip(names, $0.values).map(Self.json))) }),
      "skipped": .integer(provenance.skipped.count),
      "provenance": provenance.json,
    ]
    return try report.text(isIndented: true)
  }

  private static func json(_ name: String, _ value: Value) -> JSONValue {
    func interval(_ range: ClosedRange<Double>?) -> JSONValue {
      range.map { .array([.number($0.lowerBound), .number($0.upperBound)]) } ?? .null
    }
    var members: [JSONValue.Member] = [
      .init("system", .string(name)), .init("value", .number(value.value)),
      .init("interval", interval(value.interval)),
    ]
    if let difference = value.difference {
      let captions = difference.captions
      members += [
        .init("difference", .number(difference.value)),
        .init("difference_interval", interval(difference.interval)),
        .init("p_bootstrap", difference.pBootstrap.map(JSONValue.number) ?? .null),
        .init("p_randomization", difference.pRandomization.map(JSONValue.number) ?? .null),
        .init("captions_better", .integer(captions.better)),
        .init("captions_equal", .integer(captions.equal)),
        .init("captions_worse", .integer(captions.worse)),
      ]
    }
    return .object(members)
  }

  /// One line for a paper: the signature of the scores and of the tests.
  public var signature: String {
    provenance.signature
      + "|bs:\(resampling.resamples)|ar:\(resampling.trials)|seed:\(resampling.seed)"
  }
}
