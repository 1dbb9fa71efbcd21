import CLIP
package import Foundation
import Files

/// What is kept of a part of a corpus, as bytes, until all parts are merged: another process can have scored each.
///
/// A line with a checksum, a line of JSON, and the statistics of each metric one after the other.
package struct CorpusPart {
  /// What parts that are merged have in common.
  private struct Settings: Codable, Equatable {
    var version: String
    var metrics: [String]
    var formula: CLIPScoreFormula
    var model: ModelProvenance?
    var documentFrequency: String?
    var isTokenized: Bool
  }

  private struct Header: Codable {
    var settings: Settings
    var count: Int
    var skipped: Int
    var truncatedCandidates: Int?
    var truncatedReferences: Int?
    var lengths: [Int]
  }

  private static let mark = "plumb-statistics"

  private let header: Header
  private let statistics: [Data]

  /// Takes what an evaluation that keeps statistics has found.
  ///
  /// - Parameters:
  ///   - setup: what its metrics were opened with.
  ///   - skipped: how many captions of the part were skipped.
  package init(
    _ scored: ScoredDataset, of evaluation: CaptionEvaluation, setup: MetricSetup, skipped: Int,
    version: String
  ) {
    var provenance = Provenance(version: version)
    scored.describe(to: &provenance)
    let settings = Settings(
      version: version, metrics: evaluation.metrics.map { type(of: $0).registration.name },
      formula: setup[CLIPScoreFormula.self] ?? CLIPScoreFormula(.hessel), model: provenance.model,
      documentFrequency: setup[DocumentFrequency.self]?.checksum, isTokenized: evaluation.isTokenized)
    statistics = scored.statistics
    header = Header(
      settings: settings, count: scored.items.count, skipped: skipped,
      truncatedCandidates: provenance.truncated.candidates,
      truncatedReferences: provenance.truncated.references, lengths: statistics.map(\.count))
  }

  /// The bytes.
  package func data() throws -> Data {
    var body = try JSONEncoder().encode(header) + Data("\n".utf8)
    for part in statistics { body += part }
    return Data("\(Self.mark) \(Self.checksum(body))\n".utf8) + body
  }

  /// Reads bytes.
  ///
  /// - Parameter index: where the part stands among all, for messages.
  /// - Throws: ``ScoringError/damagedPart(index:)``.
  package init(_ data: Data, index: Int) throws {
    let newline = UInt8(ascii: "\n")
    guard let first = data.firstIndex(of: newline) else { throw ScoringError.damagedPart(index: index) }
    let body = data[(first + 1)...]
    guard String(decoding: data[..<first], as: UTF8.self) == "\(Self.mark) \(Self.checksum(body))",
      let end = body.firstIndex(of: newline),
      let header = try? JSONDecoder().decode(Header.self, from: body[..<end])
    else { throw ScoringError.damagedPart(index: index) }
    var rest = body[(end + 1)...]
    var statistics: [Data] = []
    for length in header.lengths {
      guard length >= 0, length <= rest.count else { throw ScoringError.damagedPart(index: index) }
      statistics.append(Data(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    guard rest.isEmpty, statistics.count == header.settings.metrics.count, header.count >= 0,
      header.skipped >= 0
    else {
      throw ScoringError.damagedPart(index: index)
    }
    self.header = header
    self.statistics = statistics
  }

  /// The values of all parts together, in the order of the corpus.
  ///
  /// - Parameter documentFrequency: the file that the parts were scored with, where there was one.
  /// - Throws: ``ScoringError``, what opening metrics throws.
  package static func merged(
    _ parts: [CorpusPart], documentFrequency: DocumentFrequency?, version: String
  ) throws -> (results: [MetricResult], provenance: Provenance) {
    guard let first = parts.first?.header.settings else { throw ScoringError.nothingMerged }
    for (index, part) in parts.enumerated() {
      if let what = difference(part.header.settings, first) {
        throw ScoringError.differentParts(index: index, what: what)
      }
    }
    guard first.version == version else { throw ScoringError.damagedPart(index: 0) }
    guard first.documentFrequency == documentFrequency?.checksum else {
      throw ScoringError.differentParts(index: 0, what: "file of document frequencies (df)")
    }
    let count = parts.reduce(0) { $0 &+ $1.header.count }
    guard count > 0 else { throw ScoringError.nothingMerged }
    var setup = MetricSetup()
    setup[CLIPScoreFormula.self] = first.formula
    setup[DocumentFrequency.self] = documentFrequency
    var provenance = Provenance(version: version)
    var results: [MetricResult] = []
    let metrics = try first.metrics.map { name in
      guard let metric = MetricRegistry.standard[name] else { throw ScoringError.damagedPart(index: 0) }
      return try metric.open(setup)
    }
    if metrics.contains(where: { $0 is any WordMetric }) {
      provenance.add([first.isTokenized ? .givenWords : .treebankWords])
    }
    for (place, metric) in metrics.enumerated() {
      let outcome: MetricOutcome
      do { outcome = try metric.outcome(merging: parts.map { $0.statistics[place] }) } catch is DecodingError
      {
        throw ScoringError.damagedPart(index: 0)
      }
      results += outcome.results
      provenance.add(outcome.sources)
      provenance.warnings += outcome.warnings
    }
    for result in results { try result.check(count: count) }
    provenance.metrics = results.map(\.name)
    provenance.captionCount = count
    provenance.skippedElsewhere = parts.reduce(0) { $0 &+ $1.header.skipped }
    provenance.model = first.model
    func sum(_ counts: [Int?]) -> Int? {
      counts.contains { $0 == nil } ? nil : counts.reduce(0) { $0 &+ ($1 ?? 0) }
    }
    provenance.truncated = TruncatedTexts(
      candidates: sum(parts.map(\.header.truncatedCandidates)),
      references: sum(parts.map(\.header.truncatedReferences)))
    return (results, provenance)
  }

  /// What two parts do not have in common.
  private static func difference(_ part: Settings, _ first: Settings) -> String? {
    if part.version != first.version { return "version of Plumb" }
    if part.metrics != first.metrics { return "list of metrics" }
    if part.model != first.model { return "model" }
    if part.formula != first.formula { return "definition of CLIPScore" }
    if part.documentFrequency != first.documentFrequency { return "file of document frequencies (df)" }
    return part.isTokenized == first.isTokenized ? nil : "way of splitting words"
  }

  private static func checksum(_ body: Data) -> String {
    var hash = SHA256()
    body.withUnsafeBytes { hash.update($0) }
    return hash.hexadecimal()
  }
}
