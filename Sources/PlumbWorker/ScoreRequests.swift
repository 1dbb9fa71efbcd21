import CLIP
import CaptionData
import CaptionMetrics
import Files
import Foundation
import JSON

/// Requests that score captions, and that merge what was scored in parts.
struct ScoreRequests {
  let models: OpenModels
  let threads: Int?

  func score(_ request: Request) throws -> Answer {
    let candidates = try request.texts("candidates")
    let references = try request.lists("references")
    let images = try request.images().map { try ImageBytes($0, payload: request.payload) }
    for (key, count) in [("references", references?.count), ("images", images?.urls.count)] {
      guard let count, count != candidates.count else { continue }
      throw RequestError("there are \(candidates.count) candidates and \(count) \(key); give one for each.")
    }
    let names = try request.strings("metrics")
    guard names?.isEmpty != true else {
      throw RequestError("\"metrics\" is empty; name some, or leave it out for all that the inputs allow.")
    }
    let definition = try request.choice("definition", default: CLIPScoreDefinition.hessel)
    let df = try documentFrequency(request)
    let keepsStatistics = try request.flag("statistics", default: false)
    let isTokenized = try request.flag("tokenized", default: false)
    models.skip(request)
    try request.end()
    let chosen = try metrics(names, hasReferences: references != nil, hasImages: images != nil)
    let needs = chosen.reduce(into: MetricNeeds()) { $0.formUnion($1.needs) }
    let embedder = needs.contains(.model) ? try models(request) : nil

    var failures: [Int: String] = [:]
    var items: [CaptionDataset.Item] = []
    for (index, candidate) in candidates.enumerated() {
      let own = references?[index] ?? []
      let image = images?.urls[index]
      guard let candidate else {
        failures[index] = "the caption is missing."
        continue
      }
      if needs.contains(.references), let problem = Request.problem(of: own) {
        failures[index] = problem
        continue
      }
      guard !needs.contains(.images) || image != nil else {
        failures[index] = "the image is missing."
        continue
      }
      items.append(
        .init(id: "\(index)", candidate: candidate, references: own.compactMap { $0 }, image: image))
    }
    var setup = MetricSetup(threads: threads)
    setup[DocumentFrequency.self] = df
    setup[CLIPScoreFormula.self] = CLIPScoreFormula(definition, calibration: embedder?.scoreCalibration)
    var evaluation = CaptionEvaluation(metrics: try chosen.map { try $0.open(setup) })
    evaluation.keepGoing = true
    evaluation.mayBeEmpty = true
    evaluation.threads = threads
    evaluation.isTokenized = isTokenized
    evaluation.keeping = keepsStatistics ? .statistics : []
    let scored = try evaluation.score(
      CaptionDataset(name: "the request", items: items), embedder: embedder, progress: nil)
    var provenance = Provenance(version: plumbVersion)
    scored.describe(to: &provenance)
    for skipped in provenance.skipped {
      guard let index = skipped.id.flatMap(Int.init) else { continue }
      // Items are called by their indices here only; who asks has names of their own.
      let reason = String(skipped.reason.trimmingPrefix("id \"\(index)\": "))
      failures[index] = images?.plain(reason) ?? reason
    }
    // The signature counts all that were skipped, as the command's does.
    provenance.skipped = failures.sorted { $0.key < $1.key }.map {
      SkippedItem(id: "\($0.key)", reason: $0.value)
    }
    let rows = scored.items.compactMap { Int($0.id) }
    let scales = evaluation.metrics.flatMap(\.scales)
    var answer = Self.answer(scored.results, of: scales, &provenance, rows: rows, count: candidates.count)
    answer.add(failures: failures)
    if keepsStatistics {
      let part = try CorpusPart(
        scored, of: evaluation, setup: setup, skipped: failures.count, version: plumbVersion
      ).data()
      answer.members.append(.init("statistics", .integer(part.count)))
      answer.payload.append(part)
    }
    return answer
  }

  /// The metrics of a request, or all that its inputs allow.
  private func metrics(
    _ names: [String]?, hasReferences: Bool, hasImages: Bool
  ) throws -> [MetricRegistration] {
    do {
      return try MetricSelection(names.map { $0.joined(separator: ",") } ?? "all")
        .resolve(.init(references: hasReferences, images: hasImages, model: true)).metrics
    } catch ScoringError.missingInput(let metric, _) {
      let needs = MetricRegistry.standard[metric]?.needs ?? []
      let lacks =
        (needs.contains(.references) && !hasReferences ? ["\"references\""] : [])
        + (needs.contains(.images) && !hasImages ? ["\"images\""] : [])
      throw RequestError("\(metric) needs \(lacks.joined(separator: " and ")).")
    } catch ScoringError.nothingPossible {
      throw RequestError("there is nothing to score the captions against: give \"references\" or \"images\".")
    }
  }

  func merge(_ request: Request) throws -> Answer {
    let lengths = try request.integers("parts")
    let df = try documentFrequency(request)
    let hasCaptions = try request.flag("candidates", default: true)
    try request.end()
    guard !lengths.isEmpty else { throw RequestError("\"parts\" is empty; there is nothing to merge.") }
    var start = 0
    var parts: [CorpusPart] = []
    for (index, length) in lengths.enumerated() {
      guard length >= 0, length <= request.payload.count - start else {
        throw RequestError(
          "the lengths in \"parts\" do not add up to the payload's \(request.payload.count) bytes.")
      }
      let place = request.payload.startIndex + start
      parts.append(try CorpusPart(request.payload[place..<place + length], index: index))
      start += length
    }
    guard start == request.payload.count else {
      throw RequestError(
        "the lengths in \"parts\" do not add up to the payload's \(request.payload.count) bytes.")
    }
    var (results, provenance) = try CorpusPart.merged(parts, documentFrequency: df, version: plumbVersion)
    let count = hasCaptions ? results.first?.perItem.count ?? 0 : 0
    var answer = Self.answer(
      results, of: results.map(\.scale), &provenance, rows: Array(0..<count), count: count)
    answer.add(failures: [:])
    return answer
  }

  private func documentFrequency(_ request: Request) throws -> DocumentFrequency? {
    try request.string("df").map { try DocumentFrequency(contentsOf: URL(fileURLWithPath: $0)) }
  }

  /// The values, with those of captions at their rows; where nothing was scored there are no results.
  private static func answer(
    _ results: [MetricResult], of scales: [MetricScale], _ provenance: inout Provenance, rows: [Int],
    count: Int
  ) -> Answer {
    provenance.metrics = results.map(\.name)
    provenance.captionCount = provenance.captionCount ?? rows.count
    var values = [Double](repeating: .nan, count: scales.count * count)
    for (place, result) in results.enumerated() {
      for (row, value) in zip(rows, result.perItem) { values[place * count + row] = value }
    }
    let corpus = scales.map { scale -> JSONValue in
      let value = results.first { $0.name == scale.name }.map { JSONValue.number($0.corpus) }
      return ["name": .string(scale.name), "value": value ?? .null]
    }
    var answer = Answer(members: [
      .init("values", .array(corpus)),
      .init("count", .integer(provenance.captionCount ?? 0)),
      .init("signature", .string(provenance.signature)),
      .init(
        "truncated", .integer((provenance.truncated.candidates ?? 0) + (provenance.truncated.references ?? 0))
      ),
    ])
    answer.add(warnings: provenance.warnings)
    answer.add(values, shape: [scales.count, count])
    return answer
  }
}
