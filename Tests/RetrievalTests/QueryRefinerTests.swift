import CLIP
import Foundation
import Retrieval
import TestSupport
import Testing

/// Better queries of the rows of a search.
@Suite struct QueryRefinerTests {
  @Test func oneThatWasPreparedRefinesAsAnother() throws {
    var generator = SeededGenerator(seed: 5)
    let width = 48
    let values = (0..<600 * width).map {
      Float.random(in: -1...1, using: &generator) * ($0 % width < 8 ? 4 : 1)
    }
    let search = ExactSearch(try Embeddings(values: values, dimension: width))
    let query = search.unitRow(7)
    @Sendable func refined(_ refiner: QueryRefiner) throws -> [Float] {
      let better = try refiner.refine(query, good: [3, 14], bad: [15], by: .adaptive)
      guard case .embedding(let vector) = better else { return [] }
      return vector
    }
    let expected = try refined(QueryRefiner(search))
    #expect(expected.count == width && expected != query)
    // Products of other shapes are rounded differently.
    let largest = expected.map(abs).max() ?? 0
    let prepared = QueryRefiner(search)
    try prepared.prepare(threads: 1)
    // Several at once, and while it is prepared again.
    let results = Results()
    DispatchQueue.concurrentPerform(iterations: 8) { number in
      if number % 4 == 0 { try? prepared.prepare() }
      results.add(Result { try refined(prepared) })
    }
    #expect(results.all.count == 8)
    for result in results.all {
      let vector = try result.get()
      try #require(vector.count == width)
      #expect(zip(vector, expected).allSatisfy { abs($0 - $1) < 1e-3 * largest })
    }
  }

  @Test func anEmptySearchIsPrepared() throws {
    let search = ExactSearch(Embeddings(count: 0, dimension: 16, name: "nothing"))
    let refiner = QueryRefiner(search)
    try refiner.prepare(threads: 1)
    let query = (0..<16).map { Float($0 == 3 ? 1 : 0) }
    let refined = try refiner.refine(query, good: [], bad: [], by: .adaptive)
    #expect(refined == .embedding(query))
  }

  /// What several threads found. Unchecked: only touched under `lock`.
  private final class Results: @unchecked Sendable {
    private let lock = NSLock()
    private var found: [Result<[Float], any Error>] = []

    func add(_ result: Result<[Float], any Error>) { lock.withLock { found.append(result) } }
    var all: [Result<[Float], any Error>] { lock.withLock { found } }
  }
}
