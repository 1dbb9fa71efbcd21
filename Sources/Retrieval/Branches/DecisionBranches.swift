import Compute

/// Boxes that hold what was marked as positive and not what was marked as negative: a search among millions of rows that reads few of them.
///
/// The method of CLIP-Branches ("CLIP-Branches: Interactive Fine-Tuning for Text-Image Retrieval", github.com/cluel01/clip-branches), whose
/// boxes are those of "Fast Search-By-Classification for Large-Scale Databases Using Index-Aware Decision Trees and Random Forests": while
/// there are positives in no box, one of them is taken, a box is grown around it in the features of each of several trees, and the purest
/// is kept; its rows are a range query of that tree.
///
/// Unlike there, negatives in a box still count for the next one, and a member of an ensemble votes for a row once, however many of its boxes
/// have it. With one member each positive is in a box, unless there are as many boxes as options allow.
package struct DecisionBranches: Sendable {
  /// The boxes of each member, in the order in which they were grown.
  package let boxes: [[BranchBox]]
  /// Positives that none of a sole member's boxes has, because there are as many boxes as options allow: how many.
  package let uncoveredCount: Int

  /// Grows boxes.
  ///
  /// The same marks, trees and options give the same boxes, whatever the number of threads and the order of the marks.
  ///
  /// - Parameters:
  ///   - positives: rows to be found, and those like them.
  ///   - negatives: rows not to be found.
  ///   - threads: the number of threads that grow members; nil for one for each CPU core.
  ///   - copyRow: copies the 32 bytes of a row, those that the trees were built from.
  /// - Throws: ``BranchError/noPositives``, ``BranchError/noSuchRow(row:count:)``, ``BranchError/markedTwice(row:)``,
  ///   ``BranchError/badOption(name:expected:found:)``.
  package init(
    _ trees: BranchTrees, positives: [Int], negatives: [Int], options: BranchOptions = BranchOptions(),
    threads: Int? = nil, copyRow: (Int, UnsafeMutablePointer<UInt8>) -> Void
  ) throws {
    try options.check()
    let training = try BranchTraining(
      positives: positives, negatives: negatives, rowCount: trees.rowCount, options: options, copyRow: copyRow
    )
    let subsets = trees.subsets
    let grown = Parallel.map(options.members, threads: threads) { member in
      var random = SplitMix(seed: options.seed, part: member)
      let own = options.members > 1 ? training.resampled(&random) : training
      return Self.grow(own, subsets, options, &random)
    }
    boxes = grown.map(\.boxes)
    uncoveredCount = options.members > 1 ? 0 : grown.reduce(0) { $0 + $1.uncovered }
  }

  /// One member's boxes, and how many positives are in none.
  private static func grow(
    _ training: BranchTraining, _ subsets: [BranchSubset], _ options: BranchOptions,
    _ random: inout SplitMix
  ) -> (boxes: [BranchBox], uncovered: Int) {
    var growth = BoxGrowth(training)
    var inside = [UInt8](repeating: 0, count: training.count)
    let tried = options.triedTrees ?? (options.members > 1 ? (subsets.count + 1) / 2 : subsets.count)
    var boxes: [BranchBox] = []
    while boxes.count < options.maximumBoxes {
      let uncovered = growth.uncovered
      guard !uncovered.isEmpty else { break }
      let seed = uncovered[random.next(below: uncovered.count)]
      let others = uncovered.filter { $0 != seed }
      var best: (box: BoxGrowth.Box, tree: Int)?
      for tree in random.choose(tried, of: Array(subsets.indices)).sorted() {
        let box = growth.grow(around: seed, others: others, subset: subsets[tree], inside: &inside)
        // Of boxes that are equally pure the one with fewer features is kept: it is the simpler rule, and quicker to query.
        if let best, (best.box.impurity, subsets[best.tree].count) <= (box.impurity, subsets[tree].count) {
          continue
        }
        best = (box, tree)
      }
      guard let (box, tree) = best else { break }
      let wide = growth.widened(box, subset: subsets[tree], random: &random)
      growth.cover(wide, subset: subsets[tree])
      boxes.append(BranchBox(tree: tree, subset: subsets[tree], lower: wide.lower, upper: wide.upper))
    }
    return (boxes, growth.uncovered.count)
  }
}
