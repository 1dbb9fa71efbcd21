/// How much a worker takes and gives at most, so that its memory is bounded: `docs/worker.md` has the numbers.
package struct WorkerBounds: Sendable {
  /// The elements of a list in a request.
  package var elements = 1 << 22
  /// The bytes of an answer's payload.
  package var answer = Frame.largestPayload
  /// The rewards that are open at a time.
  package var rewards = 64
  /// The items that all open rewards hold together.
  package var rewardItems = 1 << 20

  /// The usual ones.
  package init() {}

  /// Refuses an answer that would be too large, before anything is computed for it.
  ///
  /// - Parameters:
  ///   - shape: the shape of its array.
  ///   - bytes: the bytes of a number.
  /// - Throws: ``RequestError``.
  func requireRoom(_ shape: [Int], bytes: Int) throws {
    // As Double, which cannot overflow.
    guard shape.reduce(Double(bytes), { $0 * Double($1) }) > Double(answer) else { return }
    throw RequestError(
      "the answer would have \(shape.map(String.init).joined(separator: " × ")) numbers, which are more than \(answer) bytes; ask for fewer items at once."
    )
  }
}
