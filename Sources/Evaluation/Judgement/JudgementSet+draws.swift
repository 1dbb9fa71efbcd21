import Compute

extension JudgementSet {
  /// The captions with the references of one draw; both captions of a pair get the same.
  func drawing(_ draw: Int, seed: UInt64) -> [Item] {
    guard let draws, case .preferences(let preferences, _) = judgements else { return items }
    var drawn = items
    for (index, preference) in preferences.enumerated() {
      var generator = SplitMix(seed: seed, part: draw &* preferences.count &+ index)
      let pool = items[preference.first].references
      let references = generator.sample(draws.size, below: pool.count).map { pool[$0] }
      drawn[preference.first].references = references
      drawn[preference.second].references = references
    }
    return drawn
  }
}
