/// Byte-pair encoding: the bytes of a word, merged pair by pair, the lowest rank first and the leftmost of equals.
struct BytePairEncoding: Sendable {
  /// The token of each byte inside a word.
  let byteTokens: [Int32]
  /// The token of each byte that ends a word (`</w>`).
  let finalByteTokens: [Int32]
  /// The merges.
  let merges: MergeTable

  /// Words up to this many bytes are merged by scanning, longer ones with a queue.
  ///
  /// Scanning is quadratic, but faster on what people write; the queue keeps a megabyte without a space harmless.
  private static let longestScanned = 48

  /// A token of the word being merged, and what it makes with its right neighbour.
  private struct Symbol {
    var token: Int32
    var merge: MergeTable.Merge
  }

  /// Appends the tokens of `word` to `ids`.
  func encode(_ word: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    guard let last = word.last else { return }
    if word.count == 1 {
      ids.append(finalByteTokens[Int(last)])
    } else if word.count <= Self.longestScanned {
      withUnsafeTemporaryAllocation(of: Symbol.self, capacity: Self.longestScanned) { symbols in
        let count = mergeByScanning(word, symbols)
        for index in 0..<count { ids.append(symbols[index].token) }
      }
    } else {
      var queue = MergeQueue(tokens: symbols(of: word))
      queue.run(merges)
      queue.appendTokens(to: &ids)
    }
  }

  private func symbols(of word: UnsafeBufferPointer<UInt8>) -> [Int32] {
    var tokens = word.map { byteTokens[Int($0)] }
    if let last = word.last { tokens[tokens.count - 1] = finalByteTokens[Int(last)] }
    return tokens
  }

  /// Merges `word` in `symbols`, which has room for it, and returns how many tokens are left.
  private func mergeByScanning(
    _ word: UnsafeBufferPointer<UInt8>, _ symbols: UnsafeMutableBufferPointer<Symbol>
  ) -> Int {
    var count = word.count
    for index in 0..<count {
      let table = index == count - 1 ? finalByteTokens : byteTokens
      symbols.initializeElement(
        at: index, to: Symbol(token: table[Int(word[index])], merge: MergeTable.never))
    }
    for index in 0..<(count - 1) {
      symbols[index].merge = merges.merge(symbols[index].token, symbols[index + 1].token)
    }
    while true {
      var best = 0
      var rank = symbols[0].merge.rank
      for index in 1..<max(count, 1) where symbols[index].merge.rank < rank {
        best = index
        rank = symbols[index].merge.rank
      }
      guard rank < MergeTable.never.rank else { return count }
      symbols[best].token = symbols[best].merge.id
      count -= 1
      for index in (best + 1)..<max(count, best + 1) { symbols[index] = symbols[index + 1] }
      symbols[best].merge =
        best + 1 < count ? merges.merge(symbols[best].token, symbols[best + 1].token) : MergeTable.never
      if best > 0 { symbols[best - 1].merge = merges.merge(symbols[best - 1].token, symbols[best].token) }
    }
  }
}

/// Merges a long word in `n log n`: a heap of possible merges over a linked list of tokens.
private struct MergeQueue {
  private var tokens: [Int32]
  private var next: [Int32]
  private var previous: [Int32]
  /// `rank << 32 | position`, the least at the root.
  private var heap: [UInt64] = []

  init(tokens: [Int32]) {
    self.tokens = tokens
    let count = Int32(truncatingIfNeeded: tokens.count)
    next = Array(1..<(count + 1))
    next[tokens.count - 1] = -1
    previous = Array(-1..<(count - 1))
  }

  mutating func run(_ merges: MergeTable) {
    for position in 0..<(tokens.count - 1) { offer(Int32(position), merges) }
    while let entry = popLeast() {
      let position = Int(entry & 0xFFFF_FFFF)
      guard tokens[position] >= 0, next[position] >= 0 else { continue }
      let following = Int(next[position])
      let merge = merges.merge(tokens[position], tokens[following])
      guard UInt64(UInt32(bitPattern: merge.rank)) == entry >> 32, merge.id >= 0 else { continue }
      tokens[position] = merge.id
      tokens[following] = -1
      next[position] = next[following]
      if next[position] >= 0 { previous[Int(next[position])] = Int32(position) }
      if previous[position] >= 0 { offer(previous[position], merges) }
      offer(Int32(position), merges)
    }
  }

  func appendTokens(to ids: inout [Int32]) {
    for token in tokens where token >= 0 { ids.append(token) }
  }

  private mutating func offer(_ position: Int32, _ merges: MergeTable) {
    let following = next[Int(position)]
    guard following >= 0 else { return }
    let merge = merges.merge(tokens[Int(position)], tokens[Int(following)])
    guard merge.id >= 0 else { return }
    heap.append(UInt64(UInt32(bitPattern: merge.rank)) << 32 | UInt64(UInt32(bitPattern: position)))
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func popLeast() -> UInt64? {
    guard let least = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return least }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return least }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < heap[parent] else { return least }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
