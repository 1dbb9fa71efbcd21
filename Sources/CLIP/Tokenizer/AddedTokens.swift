/// A token that is looked for in the text itself, before anything is split.
struct AddedToken: Sendable, Equatable {
  /// How it is written.
  var content: String
  /// Its id.
  var id: Int32
  /// Whether it is looked for in the normalised text, and so in any case, rather than in the text as given.
  var isNormalized: Bool
  /// Whether decoding leaves it out.
  var isSpecial: Bool
}

/// Finds added tokens in a text: the leftmost first, of those that start together the longest.
struct AddedTokenFinder: Sendable {
  private let tokens: [(bytes: [UInt8], id: Int32)]
  private let startsToken: [Bool]

  /// Prepares the search for `tokens`, whose bytes are what the text will hold.
  init(_ tokens: [(bytes: [UInt8], id: Int32)]) {
    // The last definition of equal bytes counts, as in the reference.
    var ids: [[UInt8]: Int32] = [:]
    for token in tokens where !token.bytes.isEmpty { ids[token.bytes] = token.id }
    self.tokens = ids.map { (bytes: $0.key, id: $0.value) }.sorted { $0.bytes.count > $1.bytes.count }
    var starts = [Bool](repeating: false, count: 256)
    for token in self.tokens { starts[Int(token.bytes[0])] = true }
    startsToken = starts
  }

  /// Calls `text` with each stretch between added tokens and `token` with the id of each.
  func split(
    _ bytes: UnsafeBufferPointer<UInt8>, text: (UnsafeBufferPointer<UInt8>) -> Void, token: (Int32) -> Void
  ) {
    guard !tokens.isEmpty else { return text(bytes) }
    var start = 0
    var position = 0
    while position < bytes.count {
      guard startsToken[Int(bytes[position])], let found = match(bytes, at: position) else {
        position += 1
        continue
      }
      if position > start { text(UnsafeBufferPointer(rebasing: bytes[start..<position])) }
      token(found.id)
      position += found.bytes.count
      start = position
    }
    if start < bytes.count { text(UnsafeBufferPointer(rebasing: bytes[start...])) }
  }

  private func match(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (bytes: [UInt8], id: Int32)? {
    tokens.first { token in
      position + token.bytes.count <= bytes.count
        && token.bytes.indices.allSatisfy { bytes[position + $0] == token.bytes[$0] }
    }
  }
}
