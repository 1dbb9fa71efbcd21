/// Which of an item's captions is trained on in an epoch.
public enum CaptionChoice: String, Sendable, CaseIterable {
  /// The first one, always.
  case first
  /// One that follows from (seed, epoch, item).
  case random
  /// Each in its turn, from epoch to epoch; items begin at different ones.
  case inTurn = "in-turn"

  /// The row of the caption of `item`, whose captions have `rows`; nil where it has none.
  public func row(of rows: Range<Int>, item: Int, epoch: Int, seed: UInt64) -> Int? {
    guard !rows.isEmpty else { return nil }
    switch self {
    case .first: return rows.lowerBound
    case .random:
      var random = DataRandom(seed: seed, epoch: epoch, item: item, purpose: .caption)
      return rows.lowerBound + random.below(rows.count)
    case .inTurn:
      let turn = (UInt(bitPattern: epoch) &+ UInt(bitPattern: item)) % UInt(rows.count)
      return rows.lowerBound + Int(turn)
    }
  }
}
