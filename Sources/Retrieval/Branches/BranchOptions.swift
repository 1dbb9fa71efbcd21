/// How branches are grown; the defaults are those of CLIP-Branches where it has them.
package struct BranchOptions: Sendable, Equatable {
  /// The most boxes that a member grows.
  package var maximumBoxes = 30
  /// How many rows are drawn at random and taken for weak negatives. Nearly all rows of a large catalogue are negative; those few that are
  /// positive but not marked are noise that boxes of many positives outweigh.
  package var randomNegatives = 500
  /// What a random negative counts.
  package var randomNegativeWeight = 1
  /// What a marked negative counts, 1 to 100; a positive counts 1.
  package var negativeWeight = 1
  /// How many members vote. One (the default) takes every row that is in a box; more than one are grown from samples of their own, and take
  /// the rows that more than half of them have: of 25, more than 12.
  package var members = 1
  /// How many of the trees, drawn anew for each box, are tried; nil for all with one member and half of them with more.
  package var triedTrees: Int?
  /// What all draws follow from.
  package var seed: UInt64 = 0

  /// Creates the default options.
  package init() {}

  /// Throws ``BranchError/badOption(name:expected:found:)``.
  package func check() throws {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
      guard range.contains(value) else {
        throw BranchError.badOption(
          name: name, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
      }
    }
    try check("maximumBoxes", maximumBoxes, 1...1000)
    try check("randomNegatives", randomNegatives, 0...100_000)
    try check("randomNegativeWeight", randomNegativeWeight, 1...100)
    try check("negativeWeight", negativeWeight, 1...100)
    try check("members", members, 1...1000)
    try check("triedTrees", triedTrees ?? 1, 1...1000)
  }
}
