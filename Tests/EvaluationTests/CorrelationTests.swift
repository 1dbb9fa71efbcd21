import Evaluation
import Foundation
import TestSupport
import Testing

/// What `make_correlations.py` wrote.
struct CorrelationGolden: Decodable {
  struct Case: Decodable {
    let name: String
    let x: [Double]
    let y: [Double]
    let tau_b: Double?
    let tau_c: Double?
    let spearman: Double?
    let pearson: Double?

    subscript(kind: Correlation) -> Double? {
      switch kind {
      case .kendallB: tau_b
      case .kendallC: tau_c
      case .spearman: spearman
      case .pearson: pearson
      }
    }
  }

  struct Resampled: Decodable {
    let x: [Double]
    let y: [Double]
    let groups: [Int]
    let group_count: Int
    let seed: UInt64
    let resamples: Int
    let draws: [String: [Double]]
    let intervals: [String: [Double]]
  }

  let cases: [Case]
  let bootstrap: Resampled

  static func read() throws -> Self {
    let url = TestData.fixtures().appendingPathComponent("judgement/correlations.json")
    return try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
  }
}

@Suite struct CorrelationTests {
  private static let tolerance = 1e-12

  @Test func equalSciPyWithTiesConstantsAndFewPairs() throws {
    let golden = try CorrelationGolden.read()
    #expect(golden.cases.count == 17)
    for item in golden.cases {
      for (x, y) in [(item.x, item.y), (item.y, item.x)] {
        let sample = try PairedSample(x, y)
        for kind in Correlation.allCases {
          let (found, expected) = (sample.coefficient(kind), item[kind])
          #expect((found == nil) == (expected == nil), "\(item.name) \(kind)")
          #expect(abs((found ?? 0) - (expected ?? 0)) <= Self.tolerance, "\(item.name) \(kind)")
        }
      }
    }
  }

  @Test func resampledGroupsHaveSciPysValuesOnAnyNumberOfThreads() throws {
    let golden = try CorrelationGolden.read().bootstrap
    let sample = try PairedSample(
      golden.x, golden.y, groups: golden.groups, groupCount: golden.group_count)
    let bootstrap = Bootstrap(seed: golden.seed, resamples: golden.resamples)
    for threads in [1, 2, 5] {
      let draws = bootstrap.draws(groupCount: golden.group_count, threads: threads) { counts in
        Correlation.allCases.map { sample.coefficient($0, counts: counts) }
      }
      for (place, kind) in Correlation.allCases.enumerated() {
        let found = draws.map { $0[place] }
        let expected = try #require(golden.draws[kind.rawValue])
        #expect(found.count == expected.count)
        #expect(zip(found, expected).allSatisfy { abs(($0 ?? 9) - $1) <= Self.tolerance }, "\(kind)")
        let interval = try #require(bootstrap.interval(of: found))
        let ends = try #require(golden.intervals[kind.rawValue])
        #expect(abs(interval.lowerBound - ends[0]) <= Self.tolerance)
        #expect(abs(interval.upperBound - ends[1]) <= Self.tolerance)
      }
    }
  }

  @Test func aPairThatCountsTwiceIsAsGoodAsTwoPairs() throws {
    var generator = SeededGenerator(seed: 4)
    let x = (0..<70).map { _ in Double.random(in: 0...1, using: &generator).rounded(toPlaces: 1) }
    let y = (0..<70).map { _ in Double(Int.random(in: 0..<50, using: &generator)) }
    let counts = (0..<70).map { _ in Int32.random(in: 0...3, using: &generator) }
    let rows = counts.indices.flatMap { [Int](repeating: $0, count: Int(counts[$0])) }
    let repeated = try PairedSample(rows.map { x[$0] }, rows.map { y[$0] })
    for kind in Correlation.allCases {
      let found = try #require(try PairedSample(x, y).coefficient(kind, counts: counts))
      let expected = try #require(repeated.coefficient(kind))
      #expect(abs(found - expected) <= Self.tolerance, "\(kind)")
    }
  }

  @Test func perfectOrderIsOneWhateverTheScale() throws {
    let x = (0..<50).map { Double($0) }
    for kind in [Correlation.kendallB, .spearman] {
      let up = try #require(try PairedSample(x, x.map { $0 * $0 * $0 }).coefficient(kind))
      let down = try #require(try PairedSample(x, x.map { -$0 * $0 * $0 }).coefficient(kind))
      #expect(abs(up - 1) <= Self.tolerance)
      #expect(abs(down + 1) <= Self.tolerance)
    }
  }

  @Test func refusesWhatIsNoPairOfNumbers() {
    #expect(throws: StatisticsError.unequalCounts(first: 1, second: 2)) { try PairedSample([1], [1, 2]) }
    #expect(throws: StatisticsError.notFinite(index: 1)) { try PairedSample([1, .nan], [1, 2]) }
    #expect(throws: StatisticsError.notFinite(index: 0)) { try PairedSample([1, 2], [.infinity, 2]) }
    #expect(throws: StatisticsError.wrongGroup(index: 1)) {
      try PairedSample([1, 2], [1, 2], groups: [0, 2], groupCount: 2)
    }
  }

  @Test func anIntervalNeedsHalfOfTheDraws() {
    let bootstrap = Bootstrap(seed: 1, resamples: 4)
    #expect(bootstrap.interval(of: [nil, nil, nil, 1]) == nil)
    #expect(bootstrap.interval(of: []) == nil)
    #expect(bootstrap.interval(of: [1, nil, 1, nil]) == 1...1)
    #expect(bootstrap.draws(groupCount: 2) { _ in [] }.count == 4)
    // One group is always drawn, so that nothing would move.
    for count in 0...1 { #expect(bootstrap.draws(groupCount: count) { _ in [1] }.isEmpty) }
  }

  @Test func aLongListIsSortedAndNotPairedOff() throws {
    let count = 200_000
    var generator = SeededGenerator(seed: 6)
    let x = (0..<count).map { _ in Double.random(in: 0...1, using: &generator) }
    let sample = try PairedSample(x, x.map { $0 * $0 })
    #expect(try #require(sample.coefficient(.kendallB)) > 1 - 1e-12)
  }
}

extension Double {
  fileprivate func rounded(toPlaces places: Int) -> Double {
    let scale = pow(10, Double(places))
    return (self * scale).rounded() / scale
  }
}
