import CLIP
import Foundation
import JSON
import Retrieval
import TestSupport
import Testing

/// Better queries from marks, against numpy, scipy and scikit-learn (Fixtures/make_feedback_golden.py).
@Suite struct FeedbackTests {
  private struct Golden {
    let rows: [[Float]]
    let query: [Float]
    let good: [Int]
    let bad: [Int]
    let vectors: [String: [Float]]
    let nearest: [Float]

    init() throws {
      let url = TestData.fixtures().appendingPathComponent("feedback_golden.json")
      let object = try #require(JSONValue(parsing: Data(contentsOf: url)).object)
      func floats(_ value: JSONValue?) -> [Float] {
        value?.array?.compactMap { $0.number.map { Float($0) } } ?? []
      }
      rows = object["rows"]?.array?.map { floats($0) } ?? []
      query = floats(object["query"])
      good = object["good"]?.array?.compactMap(\.integer) ?? []
      bad = object["bad"]?.array?.compactMap(\.integer) ?? []
      vectors = object["vectors"]?.object?.mapValues { floats($0) } ?? [:]
      nearest = floats(object["nearest"])
    }

    var embeddings: Embeddings {
      get throws { try Embeddings(values: rows.flatMap(\.self), dimension: query.count) }
    }

    func feedback() throws -> Feedback {
      let search = try ExactSearch(embeddings)
      return Feedback(query: query, good: good.map(search.unitRow), bad: bad.map(search.unitRow))
    }
  }

  private func unit(_ vector: [Float]) -> [Float] {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { $0 / length }
  }

  @Test(arguments: [
    (FeedbackMethod.rocchio, Float(1e-6)), (.logistic, 1e-5), (.svm, 2e-4), (.anchored, 1e-4),
    (.adaptive, 2e-4),
  ]) func queriesAreThoseOfThePeers(method: FeedbackMethod, tolerance: Float) throws {
    let golden = try Golden()
    let statistics = try CatalogueStatistics(golden.embeddings)
    guard case .embedding(let vector) = try golden.feedback().refinedQuery(by: method, statistics) else {
      Issue.record("no vector")
      return
    }
    let expected = try #require(golden.vectors[method.rawValue])
    let difference = zip(unit(vector), expected).map { abs($0 - $1) }.max() ?? 1
    #expect(difference < tolerance, "\(method): \(difference)")
  }

  @Test func nearestMarksScoreAsSaid() throws {
    let golden = try Golden()
    let scores = try ExactSearch(golden.embeddings).scores(of: golden.feedback().refinedQuery(by: .knn))
    #expect(zip(scores, golden.nearest).allSatisfy { abs($0 - $1) < 1e-5 })
    let hits = try ExactSearch(golden.embeddings).nearest(3, to: [golden.feedback().refinedQuery(by: .knn)])
    let order = golden.nearest.indices.sorted { golden.nearest[$0] > golden.nearest[$1] }
    #expect(hits[0].map(\.row) == Array(order.prefix(3)))
  }

  @Test func aFewMarksOfOneKindAreEnough() throws {
    let golden = try Golden()
    let statistics = try CatalogueStatistics(golden.embeddings)
    let all = try golden.feedback()
    for method in FeedbackMethod.allCases {
      let none = Feedback(query: all.query, good: [], bad: []).refinedQuery(by: method, statistics)
      #expect(none == .embedding(all.query), "\(method)")
      for (good, bad) in [(1, 0), (0, 1), (1, 1), (3, 0)] {
        let some = Feedback(
          query: all.query, good: Array(all.good.prefix(good)), bad: Array(all.bad.prefix(bad)))
        let scores = try ExactSearch(golden.embeddings).scores(of: some.refinedQuery(by: method, statistics))
        #expect(scores.allSatisfy { $0.isFinite }, "\(method) \(good) \(bad)")
      }
    }
  }

  @Test func imagesThatAreAllAlikeAreNoReasonToFail() throws {
    for rows in [
      [Float](repeating: 0, count: 24), Array([[Float]](repeating: [1, 0, 0], count: 8).joined()),
      [.nan, 0, 0, 1, 0, 0, 0, 1, 0],
    ] {
      let embeddings = try Embeddings(values: rows, dimension: 3)
      let statistics = try CatalogueStatistics(embeddings)
      let feedback = Feedback(query: [0, 1, 0], good: [[1, 0, 0]], bad: [[1, 0, 0]])
      for method in FeedbackMethod.allCases {
        guard case .embedding(let vector) = feedback.refinedQuery(by: method, statistics) else { continue }
        #expect(vector.allSatisfy { $0.isFinite }, "\(method)")
      }
    }
  }

  @Test func manyMarksAreBounded() throws {
    var generator = SystemRandomNumberGenerator()
    let rows = (0..<1000).map { _ in unit((0..<32).map { _ in Float.random(in: -1...1, using: &generator) }) }
    let feedback = Feedback(query: rows[0], good: Array(rows[..<500]), bad: Array(rows[500...]))
    #expect(feedback.good.count == Feedback.mostMarks && feedback.good.last == rows[499])
    let statistics = try CatalogueStatistics(Embeddings(values: rows.flatMap(\.self), dimension: 32))
    for method in FeedbackMethod.allCases { _ = feedback.refinedQuery(by: method, statistics) }
  }
}
