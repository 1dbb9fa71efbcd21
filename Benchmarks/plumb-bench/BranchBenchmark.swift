import Compute
import Foundation
import Retrieval

/// Times rounds of decision branches over synthetic clustered rows, beside a random forest that looks at all rows.
///
///     plumb-bench branches --rows 10000000 --memory 4000 --rounds 9 --threads 2
func branchBenchmark(_ options: Options) throws {
  func number(_ name: String, _ other: Int) -> Int { Int(options[name, default: "\(other)"]) ?? other }
  let (count, threads) = (number("rows", 1_000_000), number("threads", 2))
  let catalogue = BranchCatalogue(count: count, seed: 1)
  let (trees, built) = try timed {
    try BranchTrees(catalogue.rows, memory: number("memory", 4000) << 20, threads: threads)
  }
  print("\(trees.count) trees of \(trees.byteCount >> 20) MiB over \(count) rows, built in \(Int(built)) ms")
  var (branches, ensemble) = (BranchRounds(name: "one member"), BranchRounds(name: "ensemble of 25"))
  var forest = BranchRounds(name: "random forest of 25, all rows")
  for round in 0..<number("rounds", 9) {
    let cluster = 37 + 211 * round
    let (positives, negatives) = catalogue.marks(cluster, count: 30, seed: UInt64(round))
    let isRight = { (row: Int) in Int(catalogue.clusters[row]) == cluster }
    let all = catalogue.clusters.count { Int($0) == cluster }
    for members in [1, 25] {
      var own = BranchOptions()
      (own.members, own.seed) = (members, UInt64(round))
      let (grown, growing) = try timed {
        try DecisionBranches(
          trees, positives: positives, negatives: negatives, options: own, threads: threads,
          copyRow: catalogue.rows.copyRow)
      }
      let (hits, searching) = try timed { try grown.hits(in: trees, threads: threads).map(\.row) }
      let result = (growing + searching, hits.count { isRight($0) }, hits.count, all)
      if members == 1 { branches.add(result) } else { ensemble.add(result) }
    }
    guard round % 3 == 0 else { continue }
    var random = SplitMix(seed: UInt64(round))
    let rows = positives + negatives + random.sample(500, below: count)
    let (found, time) = timed {
      RandomForest(
        rows: rows.map { Array(catalogue.rows.bytes[(32 * $0)..<(32 * $0 + 32)]) },
        positiveCount: positives.count, treeCount: 25, seed: UInt64(round)
      ).scan(catalogue.rows, threads: threads)
    }
    forest.add((time, found.count { isRight($0) }, found.count, all))
  }
  for rounds in [branches, ensemble, forest] { print(rounds.summary) }
}

/// What rounds of a way to search came to.
private struct BranchRounds {
  let name: String
  private var times: [Double] = []
  private var precisions: [Double] = []
  private var recalls: [Double] = []

  init(name: String) { self.name = name }

  mutating func add(_ round: (time: Double, right: Int, found: Int, all: Int)) {
    times.append(round.time)
    precisions.append(Double(round.right) / Double(max(1, round.found)))
    recalls.append(Double(round.right) / Double(max(1, round.all)))
  }

  var summary: String {
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    return String(
      format: "%@: a round takes %.0f ms (slowest %.0f), precision %.2f, recall %.2f", name, median(times),
      times.max() ?? 0, median(precisions), median(recalls))
  }
}

private func timed<T>(_ body: () throws -> T) rethrows -> (T, Double) {
  let start = ContinuousClock.now
  let result = try body()
  return (result, start.duration(to: .now) / .milliseconds(1))
}
