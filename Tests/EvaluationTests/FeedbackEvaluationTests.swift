import CLIP
import CaptionMetrics
import Compute
import Evaluation
import Retrieval
import Testing

@Suite struct FeedbackEvaluationTests {
  private static let dimension = 16
  private static let classes = (0..<6).map { "class \($0)" }

  /// Images around the centre of their class, and texts that are far from it.
  private func catalogue() throws -> (queries: [FeedbackQuery], images: Embeddings, texts: [Embeddings]) {
    var random = SplitMix(seed: 1, part: 0)
    func vector(_ size: Float) -> [Float] {
      (0..<Self.dimension).map { _ in size * (Float(random.next(below: 2001)) / 1000 - 1) }
    }
    func sum(_ a: [Float], _ b: [Float]) -> [Float] { zip(a, b).map(+) }
    let centres = Self.classes.map { _ in vector(1) }
    let labels = (0..<480).map { Self.classes[$0 % Self.classes.count] }
    let images = labels.indices.flatMap { sum(centres[$0 % Self.classes.count], vector(1)) }
    let texts = try centres.map { try Embeddings(values: sum($0, vector(1.5)), dimension: Self.dimension) }
    return (
      FeedbackQuery.classes(labels), try Embeddings(values: images, dimension: Self.dimension), texts
    )
  }

  private func result(threads: Int) throws -> FeedbackResult {
    let (queries, images, texts) = try catalogue()
    var evaluation = FeedbackEvaluation()
    evaluation.methods = [.text, .rocchio, .adaptive]
    (evaluation.rounds, evaluation.seeds, evaluation.queries) = (3, 2, 6)
    evaluation.threads = threads
    return try evaluation.result(queries, images: images, texts: texts)
  }

  @Test func marksMakeASearchSharper() throws {
    let result = try result(threads: 2)
    let (text, adaptive) = (result.precision(.text), result.precision(.adaptive))
    #expect(text.rounds.count == 4)
    #expect(text.rounds[0] == adaptive.rounds[0])
    #expect(adaptive.mean > text.mean + 0.05, "\(adaptive.mean), by text alone \(text.mean)")
    #expect(result.averagePrecision(.adaptive).mean > result.averagePrecision(.text).mean)
    let interval = try #require(adaptive.interval)
    #expect(interval.contains(adaptive.mean))
  }

  @Test func theLeadIsThatOverTheBestOtherOfTheRound() throws {
    let result = try result(threads: 2)
    for (leads, curve) in [
      (result.precisionLead(of: .adaptive), result.precision),
      (result.averagePrecisionLead(of: .adaptive), result.averagePrecision),
    ] {
      let curves = [FeedbackMethod.text, .rocchio, .adaptive].map { ($0, curve($0)) }
      let columns = curves.map { ($0.0, Array($0.1.rounds.dropFirst()) + [$0.1.mean]) }
      #expect(leads.count == 4)
      for (column, lead) in leads.enumerated() {
        let best = try #require(columns.dropLast().max { $0.1[column] < $1.1[column] })
        #expect(lead.other == best.0)
        #expect(abs(lead.difference - (columns[2].1[column] - best.1[column])) < 1e-12)
        let interval = try #require(lead.interval)
        #expect(interval.contains(lead.difference))
      }
    }
  }

  @Test func theSameOnAnyNumberOfThreads() throws {
    let (one, two) = (try result(threads: 1), try result(threads: 2))
    for method in [FeedbackMethod.text, .rocchio, .adaptive] {
      #expect(one.precision(method) == two.precision(method))
      #expect(one.averagePrecision(method) == two.averagePrecision(method))
    }
  }

  @Test func theReportAndThePlotShowAllMethods() throws {
    let result = try result(threads: 2)
    let table = result.report(provenance: Provenance(version: "0")).table()
    let plot = result.plot(subtitle: "a model").svg
    for name in ["text", "rocchio", "adaptive", "text, same images"] {
      #expect(table.contains("P@50 \(name)") && table.contains("AP \(name)"), "\(name)")
      #expect(plot.contains(">\(name)<"), "\(name)")
    }
    #expect(table.contains("P@50 ahead of the best other") && table.contains("AP ahead, at least"))
    #expect(plot.contains("a model") && plot.contains("average precision"))
  }
}
