/// A row that a search has found.
public struct SearchHit: Sendable, Equatable {
  /// The row.
  public var row: Int
  /// The cosine of the row and the query.
  public var score: Float

  /// Creates a hit.
  public init(row: Int, score: Float) {
    self.row = row
    self.score = score
  }

  /// Whether it comes before another: by score, and of equal ones the lower row.
  func isBefore(_ other: SearchHit) -> Bool { (score, other.row) > (other.score, row) }
}

/// The best hits so far, of which the worst is at hand.
struct BestHits {
  /// A heap: no hit comes after those below it in the order of hits.
  private var heap: [SearchHit] = []
  private let count: Int

  init(_ count: Int) {
    self.count = count
    heap.reserveCapacity(min(count, 1 << 16))
  }

  /// What a hit must exceed, or equal with a lower row.
  var bar: Float { heap.count < count ? -.infinity : heap.first?.score ?? .infinity }

  mutating func add(_ hit: SearchHit) {
    if heap.count < count {
      heap.append(hit)
      var place = heap.count - 1
      while place > 0, heap[(place - 1) / 2].isBefore(heap[place]) {
        heap.swapAt(place, (place - 1) / 2)
        place = (place - 1) / 2
      }
    } else if count > 0, hit.isBefore(heap[0]) {
      heap[0] = hit
      var place = 0
      while true {
        let first = 2 * place + 1
        let children = first..<max(first, min(first + 2, heap.count))
        guard let worst = children.max(by: { heap[$0].isBefore(heap[$1]) }),
          heap[place].isBefore(heap[worst])
        else { break }
        heap.swapAt(place, worst)
        place = worst
      }
    }
  }

  /// The hits, the best first.
  var sorted: [SearchHit] { heap.sorted { $0.isBefore($1) } }
}
