import Files
public import Foundation
import JSON

/// Scores of a corpus and of each of its captions, and where they come from.
///
/// ```swift
/// var report = ScoreReport(captions: captions, provenance: provenance)
/// for result in BLEU().score(corpus) { try report.add(result) }
/// print(try report.json())
/// ```
public struct ScoreReport: Sendable {
  /// A caption that was scored.
  public struct Caption: Sendable, Equatable {
    /// What it is called.
    public var id: String
    /// The caption.
    public var caption: String

    /// Creates an entry of the report.
    public init(id: String, caption: String) {
      self.id = id
      self.caption = caption
    }
  }

  /// One metric's values.
  public struct Score: Sendable, Equatable {
    /// What the values are called, and how they are read.
    public var scale: MetricScale
    /// The value of the corpus.
    public var corpus: Double
    /// Each caption's value; `nil` for one that the metric had to skip.
    public var perCaption: [Double?]

    /// What the metric is called: `BLEU-1`, `ROUGE-L`, `CIDEr`, `CLIPScore` …
    public var name: String { scale.name }
  }

  /// The captions, in the order of the candidates' file.
  public let captions: [Caption]
  /// The scores, in the order in which they were added.
  public private(set) var scores: [Score] = []
  /// Where the numbers come from.
  public var provenance: Provenance

  /// Creates a report without scores.
  public init(captions: [Caption], provenance: Provenance) {
    self.captions = captions
    self.provenance = provenance
    self.provenance.captionCount = captions.count
  }

  /// Adds a metric.
  ///
  /// - Throws: ``ReportError`` where a value is not a finite number, or where there is not one a caption.
  public mutating func add(_ result: MetricResult) throws {
    try add(result.scale, corpus: result.corpus, perCaption: result.perItem)
  }

  /// Adds a metric that may have no value for some of the captions.
  ///
  /// - Throws: ``ReportError`` where a value is not a finite number, or where there is not one a caption.
  public mutating func add(_ scale: MetricScale, corpus: Double, perCaption: [Double?]) throws {
    let name = scale.name
    guard perCaption.count == captions.count else {
      throw ReportError.wrongCount(name: name, expected: captions.count, found: perCaption.count)
    }
    guard corpus.isFinite, perCaption.allSatisfy({ $0?.isFinite ?? true }) else {
      throw ReportError.notFinite(name: name)
    }
    provenance.metrics.append(name)
    scores.append(Score(scale: scale, corpus: corpus, perCaption: perCaption))
  }

  /// `{"corpus": {"BLEU-1": …}, "count": …, "skipped": …, "provenance": {…}}`, for programs.
  ///
  /// - Throws: ``ReportError``.
  public func json() throws -> String {
    let report: JSONValue = [
      "corpus": .object(scores.map { .init($0.name, .number($0.corpus)) }),
      "count": .integer(captions.count),
      "skipped": .integer(provenance.skipped.count),
      "provenance": provenance.json,
    ]
    return try report.text(isIndented: true)
  }

  /// One caption's line: `{"id": …, "caption": …, "BLEU-1": …}`, `null` for a score that it has not.
  ///
  /// - Throws: ``ReportError``.
  public func line(for index: Int) throws -> String {
    let caption = captions[index]
    var members: [JSONValue.Member] = [
      .init("id", .string(caption.id)), .init("caption", .string(caption.caption)),
    ]
    for score in scores {
      members.append(.init(score.name, score.perCaption[index].map(JSONValue.number) ?? .null))
    }
    return try JSONValue.object(members).text()
  }

  /// Writes a line a caption; the file appears when it is whole.
  ///
  /// - Throws: ``ReportError``, `FileWriteError`.
  public func writeLines(to url: URL) throws {
    let file = try AtomicFile(url)
    for index in captions.indices { try file.write(line(for: index) + "\n") }
    try file.commit()
  }
}
