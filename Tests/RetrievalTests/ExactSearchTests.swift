import CLIP
import Compute
import Files
import Foundation
import Retrieval
import Testing

@Suite struct ExactSearchTests {
  /// Numbers that follow from a seed, some rows equal to others.
  private static func embeddings(_ count: Int, _ dimension: Int, seed: UInt64) throws -> Embeddings {
    var random = SplitMix(seed: seed)
    var values: [Float] = []
    for row in 0..<count {
      if row % 7 == 6 {
        values += values.suffix(dimension)
      } else {
        for _ in 0..<dimension { values.append(Float(random.next() >> 40) / Float(1 << 23) - 1) }
      }
    }
    return try Embeddings(values: values, dimension: dimension)
  }

  /// The order of cosines in double precision, row by row; of equal ones the first.
  private static func expected(_ count: Int, _ rows: Embeddings, _ query: ArraySlice<Float>) -> [Int] {
    let scores = (0..<rows.count).map { cosine(rows[$0], query) }
    return Array((0..<rows.count).sorted { (scores[$0], $1) > (scores[$1], $0) }.prefix(count))
  }

  @Test(
    arguments: ["baseline", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx"],
    [NumPyType.float32, .float16, .int8])
  func hitsAreThoseOfExactCosines(kernels name: String, type: NumPyType) throws {
    guard let kernels = Kernels.named(name) else { return }
    for (count, dimension) in [(1, 3), (997, 64), (300, 100), (1000, 77)] {
      let rows = try Self.embeddings(count, dimension, seed: 1).stored(as: type)
      let queries = try Self.embeddings(5, dimension, seed: 2)
      for threads in [1, 3] {
        let search = ExactSearch(rows, remainders: nil, threads: threads, kernels: kernels)
        let hits = try search.nearest(10, to: queries)
        for query in 0..<queries.count {
          let expected = Self.expected(10, rows, queries[query])
          let scores = expected.map { Float(cosine(rows[$0], queries[query])) }
          #expect(hits[query].count == expected.count)
          for (hit, score) in zip(hits[query], scores) { #expect(abs(hit.score - score) < 1e-4) }
          // Cosines that differ by more than rounding are in the exact order.
          for (place, hit) in hits[query].enumerated() where hit.row != expected[place] {
            #expect(abs(cosine(rows[hit.row], queries[query]) - Double(scores[place])) < 1e-4)
          }
          // Equal rows have equal scores, and are in their order.
          for (a, b) in zip(hits[query], hits[query].dropFirst()) {
            #expect(a.score > b.score || (a.score == b.score && a.row < b.row))
          }
        }
      }
    }
  }

  @Test func rowsThatAreNotWantedLeaveTheirPlaces() throws {
    let rows = try Self.embeddings(500, 32, seed: 3)
    let query = try Self.embeddings(1, 32, seed: 4)
    let all = try ExactSearch(rows).nearest(500, to: query)[0]
    let even = try ExactSearch(rows).nearest(20, to: query) { $0.isMultiple(of: 2) }[0]
    #expect(even == Array(all.filter { $0.row.isMultiple(of: 2) }.prefix(20)))
    #expect(try ExactSearch(rows).nearest(0, to: query) == [[]])
  }

  @Test func rowsOfZerosAndOfNoNumbersAreNeverNear() throws {
    var values = [Float](repeating: 0, count: 4 * 8)
    values[8] = .nan
    values[16] = 1
    values[24] = -1
    let rows = try Embeddings(values: values, dimension: 8)
    var query = [Float](repeating: 0, count: 8)
    query[0] = 2
    let hits = try ExactSearch(rows).nearest(4, to: Embeddings(values: query, dimension: 8))[0]
    #expect(hits.map(\.row) == [2, 0, 3])
    #expect(hits.first?.score == 1 && hits.last?.score == -1)
  }

  /// Photographs lie around centres, and a few numbers of CLIP's embeddings are far larger than all others: bytes alone lose some hits.
  @Test func remaindersBringBackTheHitsThatBytesLose() throws {
    let dimension = 64
    var random = SplitMix(seed: 7)
    func noise(_ scale: Float) -> [Float] {
      (0..<dimension).map { _ in scale * (Float(random.next() >> 40) / Float(1 << 23) - 1) }
    }
    var centre = noise(1)
    centre[3] = 8
    let rows = try Embeddings(
      values: (0..<4000).flatMap { _ in zip(centre, noise(1)).map(+) }, dimension: dimension)
    let queries = try Embeddings(
      values: (0..<20).flatMap { _ in zip(centre, noise(1)).map(+) }, dimension: dimension)
    let bytes = rows.stored(as: .int8)
    let left = Data(
      (0..<rows.count).flatMap {
        RowRemainders.bytes(of: rows[$0], rounded: NumPyType.int8.bytes(of: rows[$0]))
      })
    let mapped = try withTemporaryFile { file in
      try left.write(to: file)
      return try MappedFile(file)
    }
    let remainders = RowRemainders(mapped.bytes, owner: mapped, dimension: dimension)
    let exact = try ExactSearch(rows).nearest(10, to: queries)
    func recall(_ search: ExactSearch) throws -> Double {
      let found = try search.nearest(10, to: queries)
      let right = zip(exact, found).map { Set($0.map(\.row)).intersection($1.map(\.row)).count }
      return Double(right.reduce(0, +)) / Double(10 * queries.count)
    }
    let coarse = try recall(ExactSearch(bytes))
    #expect(coarse < 0.97)
    let fine = ExactSearch(bytes, remainders: remainders)
    let found = try recall(fine)
    #expect(found >= 0.99)
    // Scores are nearly those of rows that were not rounded, also for marks.
    for (a, b) in zip(exact, try fine.nearest(10, to: queries)) {
      for (a, b) in zip(a, b) { #expect(abs(a.score - b.score) < 4e-4) }
    }
    let marked = RefinedQuery.nearest(
      query: Array(queries[0]), good: [Array(rows[1]), Array(rows[2])], bad: [Array(rows[5])])
    for (a, b) in zip(
      try ExactSearch(rows).nearest(5, to: [marked])[0], try fine.nearest(5, to: [marked])[0])
    { #expect(abs(a.score - b.score) < 1e-3) }
    #expect(try fine.nearest(5000, to: queries)[0].count == 4000)
    #expect(zip(fine.unitRow(9), ExactSearch(rows).unitRow(9)).allSatisfy { abs($0 - $1) < 5e-4 })
  }

  /// Many marks are multiplied in bytes at first; hits have exact scores all the same.
  @Test(arguments: [NumPyType.float32, .float16, .int8])
  func manyMarksGiveTheHitsOfOneAfterTheOther(type: NumPyType) throws {
    let rows = try Self.embeddings(4000, 64, seed: 8)
    let marks = try Self.embeddings(41, 64, seed: 9)
    let search = ExactSearch(rows.stored(as: type))
    for (good, bad) in [(20, 20), (40, 0), (0, 40), (3, 2)] {
      let query = RefinedQuery.nearest(
        query: Array(marks[0]), good: (0..<good).map { Array(marks[$0 + 1]) },
        bad: (0..<bad).map { Array(marks[40 - $0]) })
      // So many hits are compared with one mark after the other.
      let expected = try search.nearest(MarkProducts.mostHits + 1, to: [query])[0]
      let found = try search.nearest(10, to: [query])[0]
      #expect(found.map(\.row) == Array(expected.map(\.row).prefix(10)))
      for (a, b) in zip(found, expected) { #expect(abs(a.score - b.score) < 1e-5) }
      let odd = try search.nearest(10, to: [query]) { !$0.isMultiple(of: 2) }[0]
      #expect(odd.map(\.row) == Array(expected.map(\.row).filter { !$0.isMultiple(of: 2) }.prefix(10)))
    }
  }

  @Test func queriesOfAnotherModelAreRefused() throws {
    let search = ExactSearch(try Self.embeddings(3, 8, seed: 5))
    #expect(throws: RetrievalError.otherDimension(rows: 8, query: 4)) {
      try search.nearest(1, to: Self.embeddings(1, 4, seed: 6))
    }
    let query = try Embeddings(values: [.infinity, 0, 0, 0, 0, 0, 0, 0], dimension: 8)
    #expect(throws: RetrievalError.queryNotFinite(query: 0)) { try search.nearest(1, to: query) }
  }
}
