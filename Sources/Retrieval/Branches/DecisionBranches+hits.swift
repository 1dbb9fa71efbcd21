/// A row that boxes have found.
package struct BranchHit: Sendable, Equatable {
  /// The row.
  package let row: Int
  /// With one member, how many of its boxes have the row; with more, how many members have it in a box.
  package let votes: Int

  package init(row: Int, votes: Int) { (self.row, self.votes) = (row, votes) }
}

extension DecisionBranches {
  /// The rows in the boxes, those with the most votes first, and of those with as many the lower row.
  ///
  /// Votes are coarse: most hits have one, and CLIP-Branches shows those in arbitrary order. What is better is to rank the hits by a learned
  /// vector, with ``ranked(_:by:)``: it scores some thousand rows in place of all.
  ///
  /// - Parameter threads: the number of threads; nil for one for each CPU core.
  /// - Throws: ``BranchError/otherTrees``.
  package func hits(in trees: BranchTrees, threads: Int? = nil) throws -> [BranchHit] {
    // A voter is a box of a sole member, or a member.
    let voters = boxes.count == 1 ? boxes[0].map { [$0] } : boxes
    let all = voters.enumerated().flatMap { voter, boxes in boxes.map { (voter: voter, box: $0) } }
    let found = Parallel.map(all.count, threads: threads) { part in
      Result { try trees.rows(in: all[part].box) }
    }
    var votes = [UInt16](repeating: 0, count: trees.rowCount)
    // The voter that a row's last vote is from, counted from 1.
    var latest = [UInt16](repeating: 0, count: trees.rowCount)
    var rows: [UInt32] = []
    for (part, found) in found.enumerated() {
      let voter = UInt16(all[part].voter + 1)
      // A file that was not verified may name rows that do not exist.
      for row in try found.get() where row < trees.rowCount && latest[Int(row)] != voter {
        if votes[Int(row)] == 0 { rows.append(row) }
        votes[Int(row)] += 1
        latest[Int(row)] = voter
      }
    }
    let needed = boxes.count / 2 + 1
    return
      rows
      .filter { votes[Int($0)] >= (boxes.count == 1 ? 1 : needed) }
      .map { BranchHit(row: Int($0), votes: Int(votes[Int($0)])) }
      .sorted { ($1.votes, $0.row) < ($0.votes, $1.row) }
  }

  /// Hits in the order of scores, the best first, and of equal ones in the order they have.
  ///
  /// - Parameter scores: gives the score of each of some rows, for example the dot product with a learned vector; called once.
  package static func ranked(
    _ hits: [BranchHit], by scores: (_ rows: [Int]) throws -> [Float]
  ) rethrows -> [BranchHit] {
    let scores = try scores(hits.map(\.row))
    return zip(hits, scores).enumerated()
      .sorted { ($0.element.1, $1.offset) > ($1.element.1, $0.offset) }
      .map(\.element.0)
  }
}
