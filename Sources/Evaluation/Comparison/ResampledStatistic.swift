/// What a statistic is for one model or two: for all items, and for each draw of a bootstrap.
struct ResampledStatistic: Sendable {
  /// A value a model, for all items; nil where it is not defined.
  var values: [Double?]
  /// The same for each draw.
  var draws: [[Double?]]

  /// The mean of several, each of the same weight; nil where one is not defined.
  init(meanOf parts: [ResampledStatistic]) {
    func mean(_ values: [[Double?]]) -> [Double?] {
      (values.first ?? []).indices.map { model in
        let known = values.compactMap { $0[model] }
        return known.count == values.count ? known.reduce(0, +) / Double(known.count) : nil
      }
    }
    values = mean(parts.map(\.values))
    let count = parts.map(\.draws.count).min() ?? 0
    draws = (0..<count).map { draw in mean(parts.map { $0.draws[draw] }) }
  }

  init(values: [Double?], draws: [[Double?]]) {
    self.values = values
    self.draws = draws
  }
}

extension Bootstrap {
  /// Several statistics of one model or two, whose draws are the same for both.
  ///
  /// - Parameter statistics: gets how often each group counts, and gives for each statistic a value a model.
  func resampled(
    groupCount: Int, threads: Int?, statistics: @Sendable (_ counts: [Int32]) -> [[Double?]]
  ) -> [ResampledStatistic] {
    let all = statistics([Int32](repeating: 1, count: groupCount))
    let models = all.first?.count ?? 0
    let draws = draws(groupCount: groupCount, threads: threads) { statistics($0).flatMap(\.self) }
    return all.indices.map { index in
      ResampledStatistic(
        values: all[index], draws: draws.map { Array($0[index * models..<(index + 1) * models]) })
    }
  }
}

/// Means of numbers that items have, item by item, with the items in groups that are drawn as one.
struct GroupedMeans: Sendable {
  private var sums: [[[Double]]]
  private var sizes: [Double]

  /// - Parameters:
  ///   - items: for each statistic and each model, a number an item.
  ///   - groups: the group of each item, below `groupCount`.
  init(_ items: [[[Double]]], groups: [Int], groupCount: Int) {
    sizes = Array(repeating: 0, count: groupCount)
    for group in groups { sizes[group] += 1 }
    sums = items.map { models in
      models.map { numbers in
        var sums = [Double](repeating: 0, count: groupCount)
        for (number, group) in zip(numbers, groups) { sums[group] += number }
        return sums
      }
    }
  }

  /// The means where each group counts so often; nil where nothing counts.
  func means(_ counts: [Int32]) -> [[Double?]] {
    var size = 0.0
    for (count, own) in zip(counts, sizes) { size += Double(count) * own }
    return sums.map { models in
      models.map { sums in
        guard size > 0 else { return nil }
        var sum = 0.0
        for (count, own) in zip(counts, sums) where count > 0 { sum += Double(count) * own }
        return sum / size
      }
    }
  }
}
