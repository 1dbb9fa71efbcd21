/// Compares scores with judgements, and finds out how far the result would move with other images.
struct Judge {
  let set: JudgementSet
  let images: (ofItems: [Int], count: Int)
  let coefficient: Correlation?
  let bootstrap: Bootstrap
  let threads: Int?

  func judge(_ scores: [MetricScores.Scores]) throws -> [JudgedMetric] {
    switch set.judgements {
    case .ratings(let ratings, let usual): try correlate(scores, ratings, coefficient ?? usual)
    case .preferences(let preferences, let tie): decide(scores, preferences, tie)
    }
  }

  // MARK: Ratings

  private func correlate(
    _ scores: [MetricScores.Scores], _ ratings: [JudgementSet.Rating], _ coefficient: Correlation
  ) throws -> [JudgedMetric] {
    let samples = try scores.map { score in
      let values = score.draws.first ?? []
      let rows = ratings.filter { values[$0.item] != nil }
      // Every image is a group, also one of which nothing is left: the same draws serve all metrics.
      return try PairedSample(
        rows.map { values[$0.item] ?? 0 }, rows.map(\.value), groups: rows.map { images.ofItems[$0.item] },
        groupCount: images.count)
    }
    let draws = bootstrap.draws(groupCount: images.count, threads: threads) { counts in
      samples.map { $0.coefficient(coefficient, counts: counts) }
    }
    return scores.indices.map { metric in
      let sample = samples[metric]
      return JudgedMetric(
        name: scores[metric].name,
        agreement: .correlations(
          .init(
            kendallB: sample.coefficient(.kendallB), kendallC: sample.coefficient(.kendallC),
            spearman: sample.coefficient(.spearman), pearson: sample.coefficient(.pearson))),
        interval: bootstrap.interval(of: draws.map { $0[metric] }), rows: sample.count)
    }
  }

  // MARK: Preferences

  /// What one metric got for a pair, on the mean over the draws of references; nil where a caption was skipped.
  private func marks(
    _ score: MetricScores.Scores, _ preferences: [JudgementSet.Preference], _ tie: JudgementSet.Tie
  ) -> [Double?] {
    preferences.map { preference in
      var sum = 0.0
      for draw in score.draws {
        guard let first = draw[preference.first], let second = draw[preference.second] else { return nil }
        if first == second, tie == .half {
          sum += 0.5
        } else {
          sum += (first > second) == preference.prefersFirst ? 1 : 0
        }
      }
      return sum / Double(max(1, score.draws.count))
    }
  }

  private func decide(
    _ scores: [MetricScores.Scores], _ preferences: [JudgementSet.Preference], _ tie: JudgementSet.Tie
  ) -> [JudgedMetric] {
    var categories: [String] = []
    let ofPairs = preferences.map { preference -> Int in
      let name = preference.category ?? ""
      if let known = categories.firstIndex(of: name) { return known }
      categories.append(name)
      return categories.count - 1
    }
    let ofImages = preferences.map { images.ofItems[$0.first] }
    let marks = scores.map { self.marks($0, preferences, tie) }
    let (names, imageCount) = (categories, images.count)
    let ones = [Int32](repeating: 1, count: imageCount)
    let draws = bootstrap.draws(groupCount: imageCount, threads: threads) { counts in
      marks.map { Self.shares($0, ofPairs, ofImages, names.count, counts).mean }
    }
    return scores.indices.map { metric in
      let shares = Self.shares(marks[metric], ofPairs, ofImages, names.count, ones)
      let isDivided = names != [""]
      return JudgedMetric(
        name: scores[metric].name,
        agreement: .accuracy(
          .init(
            overall: shares.mean,
            categories: isDivided ? zip(names, shares.each).map { ($0, $1) } : [])),
        interval: bootstrap.interval(of: draws.map { $0[metric] }), rows: marks[metric].count { $0 != nil })
    }
  }

  /// The share of right answers in every category, nil where it has none, and their mean.
  private static func shares(
    _ marks: [Double?], _ categories: [Int], _ images: [Int], _ categoryCount: Int, _ counts: [Int32]
  ) -> (each: [Double?], mean: Double?) {
    var sums = [Double](repeating: 0, count: categoryCount)
    var weights = [Double](repeating: 0, count: categoryCount)
    for (index, mark) in marks.enumerated() {
      guard let mark else { continue }
      let weight = Double(counts[images[index]])
      sums[categories[index]] += weight * mark
      weights[categories[index]] += weight
    }
    let each = zip(sums, weights).map { $1 > 0 ? $0 / $1 : nil }
    let known = each.compactMap(\.self)
    return (each, known.isEmpty ? nil : known.reduce(0, +) / Double(known.count))
  }
}
