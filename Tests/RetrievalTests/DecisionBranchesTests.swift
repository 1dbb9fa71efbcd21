import Testing

import Compute
import Retrieval

@Suite struct DecisionBranchesTests {
  private static let shared = Result {
    let rows = someRows(6000)
    return (rows: rows, trees: try someTrees(rows))
  }
  let rows: BranchRows
  let trees: BranchTrees

  init() throws { (rows, trees) = try Self.shared.get() }

  /// Rows of clusters, which are numbered by `row % 20`; of those that are equal to others none.
  private func marks(_ clusters: [Int], _ count: Int) -> [Int] {
    Array((0..<6000).filter { clusters.contains($0 % 20) && $0 % 11 != 10 }.prefix(count))
  }

  private func grow(
    _ positives: [Int], _ negatives: [Int], threads: Int? = nil,
    _ change: (inout BranchOptions) -> Void = { _ in }
  ) throws -> DecisionBranches {
    var options = BranchOptions()
    change(&options)
    return try DecisionBranches(
      trees, positives: positives, negatives: negatives, options: options, threads: threads,
      copyRow: rows.copyRow)
  }

  @Test(arguments: 0..<20)
  func everyPositiveIsInABox(seed: Int) throws {
    // Positives of three clusters, and rows that cannot be told apart: any rows.
    var random = SplitMix(seed: UInt64(seed))
    let positives =
      marks([1, 8, 13], 30) + random.sample(5, below: 6000).filter { ![1, 8, 13].contains($0 % 20) }
    let negatives = random.sample(40, below: 6000).filter { !positives.contains($0) }
    let branches = try grow(positives, negatives) { $0.seed = UInt64(seed) }
    #expect(branches.boxes.count == 1 && branches.uncoveredCount == 0)
    for row in positives { #expect(branches.boxes[0].contains { rows.contains(row, in: $0) }) }
    let found = Set(try branches.hits(in: trees).map(\.row))
    #expect(found.isSuperset(of: positives))
  }

  @Test func boxesAreNoMoreThanAllowed() throws {
    var random = SplitMix(seed: 4)
    let positives = random.sample(60, below: 6000)
    let branches = try grow(positives, []) { $0.maximumBoxes = 3 }
    #expect(branches.boxes[0].count == 3)
    let uncovered = positives.count { row in !branches.boxes[0].contains { rows.contains(row, in: $0) } }
    #expect(branches.uncoveredCount == uncovered && uncovered > 0)
  }

  @Test func aClusterIsFoundAndItsNegativesAreNot() throws {
    let negatives = marks([2, 3, 4], 30)
    // Of a small catalogue, few random negatives: one in twenty is of the cluster.
    let branches = try grow(marks([1], 20), negatives) { ($0.randomNegatives, $0.negativeWeight) = (60, 5) }
    let hits = try branches.hits(in: trees).map(\.row)
    let right = hits.count { $0 % 20 == 1 }
    #expect(right > 180, "most of its 300 rows")
    #expect(10 * Set(hits).intersection(negatives).count <= negatives.count)
    #expect(5 * right > hits.count, "four times as often as in the catalogue at least")
  }

  @Test func hitsAreTheRowsOfTheBoxesWithTheirVotes() throws {
    let branches = try grow(marks([1, 8], 30), marks([2], 10))
    let expected = (0..<6000)
      .map { row in BranchHit(row: row, votes: branches.boxes[0].count { rows.contains(row, in: $0) }) }
      .filter { $0.votes > 0 }
      .sorted { ($1.votes, $0.row) < ($0.votes, $1.row) }
    #expect(try branches.hits(in: trees) == expected)
  }

  @Test func anEnsembleTakesWhatMoreThanHalfOfItsMembersHave() throws {
    let branches = try grow(marks([1], 25), marks([2], 10)) { $0.members = 25 }
    #expect(branches.boxes.count == 25)
    let hits = try branches.hits(in: trees)
    for hit in hits {
      let votes = branches.boxes.count { $0.contains { rows.contains(hit.row, in: $0) } }
      #expect(hit.votes == votes && votes > 12)
    }
    #expect(Double(hits.count { $0.row % 20 == 1 }) > 0.8 * Double(hits.count))
  }

  @Test(arguments: [1, 5])
  func branchesDoNotDependOnThreadsNorOnTheOrderOfMarks(members: Int) throws {
    let (positives, negatives) = (marks([1, 8], 30), marks([2], 10))
    let change: (inout BranchOptions) -> Void = { ($0.members, $0.seed) = (members, 6) }
    let one = try grow(positives, negatives, threads: 1, change)
    let four = try grow(positives.reversed(), negatives.reversed(), threads: 4, change)
    #expect(one.boxes == four.boxes)
    #expect(try one.hits(in: trees, threads: 1) == four.hits(in: trees, threads: 4))
  }

  @Test func randomNegativesAreNeverMarkedRows() throws {
    var options = BranchOptions()
    options.randomNegatives = 100_000
    options.randomNegativeWeight = 2
    options.negativeWeight = 3
    var copied: [Int] = []
    let training = try BranchTraining(
      positives: [5, 1, 5], negatives: [9, 2], rowCount: 50, options: options
    ) { row, bytes in
      copied.append(row)
      rows.copyRow(row, to: bytes)
    }
    #expect(copied == [1, 5, 2, 9] + (0..<50).filter { ![1, 5, 2, 9].contains($0) })
    #expect(training.positiveCount == 2)
    #expect(training.weights == [1, 1, 3, 3] + [UInt32](repeating: 2, count: 46))
  }

  @Test func marksThatMakeNoSenseAreRefused() throws {
    #expect(throws: BranchError.noPositives) { try grow([], [1]) }
    #expect(throws: BranchError.noSuchRow(row: 6000, count: 6000)) { try grow([6000], []) }
    #expect(throws: BranchError.noSuchRow(row: -1, count: 6000)) { try grow([2], [-1]) }
    #expect(throws: BranchError.markedTwice(row: 2)) { try grow([1, 2], [2]) }
    #expect(throws: BranchError.badOption(name: "members", expected: "1 to 1000", found: "0")) {
      try grow([1], []) { $0.members = 0 }
    }
  }

  @Test func hitsAreRankedByScores() {
    let hits = [BranchHit(row: 4, votes: 3), BranchHit(row: 7, votes: 2), BranchHit(row: 1, votes: 1)]
    let ranked = DecisionBranches.ranked(hits) { $0.map { $0 == 7 ? 2 : 1 } }
    #expect(ranked.map(\.row) == [7, 4, 1])
  }
}
