import Compute
import Dispatch
import Retrieval

/// A plain random forest over rows of 32 bytes, for comparison: it has to read every row.
struct RandomForest: Sendable {
  private struct Node {
    var feature: UInt8 = 0
    var bar: UInt8 = 0
    var isLeaf = true
    var isPositive = false
    var left = 0
    var right = 0
  }
  private var trees: [[Node]] = []

  /// - Parameter rows: 32 bytes each; the first `positiveCount` are positive.
  init(rows: [[UInt8]], positiveCount: Int, treeCount: Int, seed: UInt64) {
    for tree in 0..<treeCount {
      var random = SplitMix(seed: seed, part: tree)
      let sample = rows.indices.map { _ in random.next(below: rows.count) }
      var nodes: [Node] = []
      _ = Self.grow(sample, rows, positiveCount, &nodes, &random)
      trees.append(nodes)
    }
  }

  private static func grow(
    _ sample: [Int], _ rows: [[UInt8]], _ positiveCount: Int, _ nodes: inout [Node],
    _ random: inout SplitMix
  ) -> Int {
    let own = nodes.count
    let positives = sample.count { $0 < positiveCount }
    nodes.append(Node(isPositive: 2 * positives > sample.count))
    guard positives > 0, positives < sample.count else { return own }
    var best: (impurity: Double, feature: Int, bar: UInt8)?
    for feature in random.choose(6, of: Array(0..<32)) {
      let order = sample.sorted { rows[$0][feature] < rows[$1][feature] }
      var left = 0
      for place in 0..<(order.count - 1) {
        left += order[place] < positiveCount ? 1 : 0
        let value = rows[order[place]][feature]
        guard value < rows[order[place + 1]][feature] else { continue }
        let (count, rest) = (Double(place + 1), Double(order.count - place - 1))
        let (p, q) = (Double(left), Double(positives - left))
        let impurity = p * (count - p) / count + q * (rest - q) / rest
        if impurity < best?.impurity ?? .infinity { best = (impurity, feature, value) }
      }
    }
    guard let best else { return own }
    let isLeft = { (row: Int) in rows[row][best.feature] <= best.bar }
    let left = grow(sample.filter(isLeft), rows, positiveCount, &nodes, &random)
    let right = grow(sample.filter { !isLeft($0) }, rows, positiveCount, &nodes, &random)
    nodes[own] = Node(
      feature: UInt8(best.feature), bar: best.bar, isLeaf: false, isPositive: false, left: left, right: right)
    return own
  }

  /// The rows that more than half of the trees take.
  func scan(_ rows: BranchRows, threads: Int) -> [Int] {
    nonisolated(unsafe) var found = [[Int]](repeating: [], count: threads)
    found.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let buffer = buffer
      rows.bytes.withUnsafeBufferPointer { bytes in
        nonisolated(unsafe) let bytes = bytes
        DispatchQueue.concurrentPerform(iterations: threads) { part in
          var own: [Int] = []
          for row in (rows.count * part / threads)..<(rows.count * (part + 1) / threads) {
            var votes = 0
            for tree in trees {
              votes += tree.withUnsafeBufferPointer { nodes in
                var place = 0
                while !nodes[place].isLeaf {
                  let node = nodes[place]
                  place = bytes[row * 32 + Int(node.feature)] <= node.bar ? node.left : node.right
                }
                return nodes[place].isPositive ? 1 : 0
              }
            }
            if 2 * votes > trees.count { own.append(row) }
          }
          buffer[part] = own
        }
      }
    }
    return found.flatMap { $0 }
  }
}
