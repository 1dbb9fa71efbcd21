import Testing

import Compute
import Retrieval

@Suite struct BranchTreesTests {
  @Test(arguments: [(0, 50), (1, 50), (7, 2), (50, 50), (51, 50), (1000, 16), (5003, 50), (5003, 500)])
  func rowsInABoxAreThoseOfAFilter(count: Int, leafSize: Int) throws {
    let rows = someRows(count)
    let trees = try someTrees(rows, leafSize: leafSize)
    var random = SplitMix(seed: 9)
    for round in 0..<200 {
      let tree = random.next(below: trees.count)
      var lower: [UInt8] = []
      var upper: [UInt8] = []
      for _ in 0..<trees.subsets[tree].count {
        let a = random.next(below: 256)
        let b = round % 3 == 0 ? random.next(below: 256) : min(255, a + random.next(below: 200))
        lower.append(UInt8(min(a, b) / (round % 5 == 0 ? 4 : 1)))
        upper.append(UInt8(max(a, b)))
      }
      let box = BranchBox(tree: tree, subset: trees.subsets[tree], lower: lower, upper: upper)
      let expected = (0..<count).filter { rows.contains($0, in: box) }
      #expect(try trees.rows(in: box).map(Int.init).sorted() == expected)
    }
  }

  @Test func equalRowsAreFound() throws {
    let rows = BranchRows(count: 700) { bytes in
      for place in 0..<(700 * 32) { bytes[place] = place < 600 * 32 ? 7 : UInt8(place % 3) }
    }
    let trees = try someTrees(rows, leafSize: 16)
    for (tree, subset) in trees.subsets.enumerated() {
      let seven = [UInt8](repeating: 7, count: subset.count)
      let box = BranchBox(tree: tree, subset: subset, lower: seven, upper: seven)
      #expect(try trees.rows(in: box).sorted() == Array(0..<600))
    }
  }

  @Test func treesDoNotExceedTheirMemory() throws {
    let rows = someRows(3000)
    var last = 0
    for memory in [20_000, 50_000, 100_000, 300_000, 1_000_000, 10_000_000] {
      guard let trees = try? BranchTrees(rows, memory: memory) else {
        #expect(last == 0)
        continue
      }
      #expect(trees.byteCount <= memory && trees.count >= last)
      last = trees.count
    }
    #expect(last == 104)
    #expect(
      throws: BranchError.tooLittleMemory(given: 1000, needed: memory(for: rows, trees: 1, leafSize: 500))
    ) {
      try BranchTrees(rows, memory: 1000)
    }
  }

  @Test func fewTreesHaveSubsetsOfAllSizes() throws {
    let rows = someRows(100)
    #expect(try someTrees(rows, trees: 7).subsets.map(\.count) == [4, 6, 8, 4, 6, 8, 4])
    let all = try BranchTrees(rows, memory: 1 << 20).subsets
    #expect([4, 6, 8].map { size in all.count { $0.count == size } } == [64, 32, 8])
    #expect(Set(all.map(\.features)).count == 104)
  }

  @Test func treesDoNotDependOnThreads() throws {
    let rows = someRows(4000)
    let one = try someTrees(rows, seed: 3, threads: 1)
    let four = try someTrees(rows, seed: 3, threads: 4)
    #expect(one.content == four.content)
    #expect(try one.subsets != someTrees(rows, seed: 4).subsets)
  }

  @Test func boxesOfOtherTreesAreRefused() throws {
    let rows = someRows(300)
    let trees = try someTrees(rows, seed: 1)
    let other = try someTrees(rows, seed: 2)
    let size = other.subsets[0].count
    let whole = BranchBox(
      tree: 0, subset: other.subsets[0], lower: [UInt8](repeating: 0, count: size),
      upper: [UInt8](repeating: 255, count: size))
    #expect(throws: BranchError.otherTrees) { try trees.rows(in: whole) }
    #expect(try other.rows(in: whole).count == 300)
  }

  @Test func leafSizesOutOfRangeAreRefused() {
    for size in [-1, 0, 1, 65537] {
      #expect(throws: BranchError.self) { try BranchTrees(someRows(10), memory: 1 << 20, leafSize: size) }
    }
  }
}
