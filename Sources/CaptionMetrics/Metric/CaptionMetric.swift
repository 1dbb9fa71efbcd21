import Foundation
public import JSON

/// A metric that scores captions.
///
/// A metric is opened once, with the tables that it needs, and may then be called from any thread, any number of
/// times. To add one, conform a type and put its ``registration`` into ``MetricRegistry/standard``: selection by name,
/// reports, tables, legends, help and signatures follow.
public protocol CaptionMetric: Sendable {
  /// What is kept of captions until the value of the corpus is computed.
  associatedtype Statistics: MetricStatistics

  /// What is known of the metric before it is opened: its names and what it needs.
  static var registration: MetricRegistration { get }

  /// The values that it reports, in their order.
  var scales: [MetricScale] { get }

  /// What is put before captions and references when they are embedded, for metrics that look at images.
  var captionPrefix: String { get }

  /// Counts what the values of captions are computed from.
  func statistics(of input: MetricInput) throws -> Statistics

  /// The values, one result for each of ``scales``.
  func results(of statistics: Statistics) -> [MetricResult]

  /// What the values of the corpus are computed from, caption by caption. By default values are means over captions.
  func sums(of statistics: Statistics) -> CorpusSums

  /// What the values depend on besides the captions: tables, definitions. None by default.
  func sources(of statistics: Statistics) -> [MetricSource]

  /// What a reader of the values should know. Nothing by default.
  func warnings(of statistics: Statistics) -> [String]
}

extension CaptionMetric {
  /// Nothing.
  public var captionPrefix: String { "" }
  /// None.
  public func sources(of statistics: Statistics) -> [MetricSource] { [] }
  /// Nothing.
  public func warnings(of statistics: Statistics) -> [String] { [] }

  /// The means of the values of captions.
  public func sums(of statistics: Statistics) -> CorpusSums {
    CorpusSums(meansOf: results(of: statistics).map(\.perItem))
  }

  /// What the metric looks at.
  public var needs: MetricNeeds { Self.registration.needs }

  /// The values, and what belongs to them in a report.
  ///
  /// - Parameter keeping: what of ``MetricOutcome`` is made besides the values.
  func outcome(on input: MetricInput, keeping: KeptParts = []) throws -> MetricOutcome {
    let statistics = try statistics(of: input)
    var outcome = outcome(of: statistics)
    if keeping.contains(.statistics) { outcome.statistics = try JSONEncoder().encode(statistics) }
    if keeping.contains(.sums) { outcome.sums = sums(of: statistics) }
    return outcome
  }

  /// The values of parts of a corpus together, from what ``outcome(on:keeping:)`` has kept of each.
  ///
  /// - Throws: `DecodingError`.
  func outcome(merging parts: [Data]) throws -> MetricOutcome {
    var statistics = Statistics()
    for part in parts { try statistics.merge(JSONDecoder().decode(Statistics.self, from: part)) }
    return outcome(of: statistics)
  }

  /// The statistics of no captions, as bytes.
  func statisticsOfNothing() throws -> Data { try JSONEncoder().encode(Statistics()) }

  private func outcome(of statistics: Statistics) -> MetricOutcome {
    MetricOutcome(
      results: results(of: statistics), sources: sources(of: statistics), warnings: warnings(of: statistics))
  }
}

/// What scoring a corpus with a metric gives.
struct MetricOutcome {
  var results: [MetricResult]
  var sources: [MetricSource]
  var warnings: [String]
  /// The statistics as bytes, where they were asked for.
  var statistics: Data?
  /// What the values of the corpus are computed from, where that was asked for.
  var sums: CorpusSums?

  /// Without the values of these names.
  func hiding(_ names: Set<String>) -> MetricOutcome {
    let shown = results.indices.filter { !names.contains(results[$0].name) }
    guard shown.count < results.count else { return self }
    var outcome = self
    outcome.results = shown.map { results[$0] }
    outcome.sums = sums.map { sums in
      CorpusSums(width: sums.width, summands: sums.summands) { numbers in
        let values = sums.values(numbers)
        return shown.map { values[$0] }
      }
    }
    return outcome
  }
}

/// What an evaluation keeps besides the values.
package struct KeptParts: OptionSet, Sendable {
  package let rawValue: Int
  package init(rawValue: Int) { self.rawValue = rawValue }

  /// The statistics of each metric as bytes, to be merged with those of other parts of a corpus.
  package static let statistics = KeptParts(rawValue: 1)
  /// What each metric adds up over captions, for resampling tests.
  package static let sums = KeptParts(rawValue: 2)
}

/// What a metric's values depend on besides the captions: a table, a definition, a tokenizer.
public struct MetricSource: Sendable, Equatable {
  /// Its key in the provenance of a JSON report.
  public var key: String
  /// Its value there.
  public var value: JSONValue
  /// Its key in the one-line signature.
  public var signatureKey: String
  /// What another run must have in common, in a few characters without blanks.
  public var signature: String
  /// A line below a table: a label, and a few words. None where the table tells it already.
  public var note: Note?

  /// A line below a table.
  public struct Note: Sendable, Equatable {
    /// What the line is about, in at most twelve characters.
    public var label: String
    /// The words.
    public var text: String

    /// Creates a line.
    public init(label: String, text: String) {
      self.label = label
      self.text = text
    }
  }

  /// Describes a source.
  public init(
    key: String, value: JSONValue, signatureKey: String, signature: String, note: Note? = nil
  ) {
    self.key = key
    self.value = value
    self.signatureKey = signatureKey
    self.signature = signature
    self.note = note
  }
}
