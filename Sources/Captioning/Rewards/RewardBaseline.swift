/// What the reward of a sample is compared with.
public enum RewardBaseline: String, Sendable, CaseIterable {
  /// The mean of the other samples of the image (Luo 2020, "new self-critical").
  case leaveOneOut = "leave-one-out"
  /// The reward of the greedy caption of the image (Rennie et al. 2017).
  case greedy

  /// The places of each item's captions, which stand together.
  static func runs(of items: [Int]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for (index, item) in items.enumerated() {
      if let last = runs.last, items[last.lowerBound] == item {
        runs[runs.count - 1] = last.lowerBound..<(index + 1)
      } else {
        runs.append(index..<(index + 1))
      }
    }
    return runs
  }

  /// The rewards less the mean of the other samples of the same image; 0 for an only sample.
  package static func advantages(_ rewards: [Double], items: [Int]) -> [Double] {
    var result = rewards
    for range in runs(of: items) {
      let sum = rewards[range].reduce(0, +)
      for index in range {
        result[index] =
          range.count > 1 ? rewards[index] - (sum - rewards[index]) / Double(range.count - 1) : 0
      }
    }
    return result
  }
}
