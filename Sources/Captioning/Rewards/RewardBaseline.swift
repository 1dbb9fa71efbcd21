/// What the reward of a sample is compared with.
public enum RewardBaseline: String, Sendable, CaseIterable {
  /// The mean of the other samples of the image (Luo 2020, "new self-critical").
  case leaveOneOut = "leave-one-out"
  /// The reward of the greedy caption of the image (Rennie et al. 2017).
  case greedy

  /// The places of each item's captions, items in the order in which they come first.
  static func places(of items: [Int]) -> [[Int]] {
    var numbers: [Int: Int] = [:]
    var places: [[Int]] = []
    for (index, item) in items.enumerated() {
      if let number = numbers[item] {
        places[number].append(index)
      } else {
        numbers[item] = places.count
        places.append([index])
      }
    }
    return places
  }

  /// The rewards less the mean of the other samples of the same image; 0 for an only sample.
  package static func advantages(_ rewards: [Double], items: [Int]) -> [Double] {
    var result = rewards
    for own in places(of: items) {
      let sum = own.reduce(0) { $0 + rewards[$1] }
      for index in own {
        result[index] = own.count > 1 ? rewards[index] - (sum - rewards[index]) / Double(own.count - 1) : 0
      }
    }
    return result
  }
}
