extension Feedback {
  /// All marks, the good ones first.
  var examples: VectorRows { VectorRows(good + bad, width: query.count) }

  /// Whether each of ``examples`` is good.
  var isGood: [Bool] { good.map { _ in true } + bad.map { _ in false } }

  /// What each of ``examples`` counts, so that both kinds count the same together, n/2 each.
  var balancedWeights: [Double] {
    let half = Double(good.count + bad.count) / 2
    return good.map { _ in half / Double(good.count) } + bad.map { _ in half / Double(bad.count) }
  }

  /// Class-balanced logistic regression with λ = 1: w = Σ αᵢ xᵢ.
  func logistic() -> [Double] {
    let examples = examples
    let fit = LogisticFit(
      products: examples.products(with: examples), offsets: isGood.map { _ in 0 }, isGood: isGood,
      weights: balancedWeights, strength: 1)
    return examples.sum(fit.coefficients())
  }

  /// The linear support vector machine of C = 1 with balanced classes.
  func supportVectors() -> [Double] {
    let examples = examples
    let machine = SupportVectorFit(
      products: examples.products(with: examples), isGood: isGood, limits: balancedWeights)
    return examples.sum(machine.coefficients())
  }

  /// Logistic regression from a start that knows the query, in a metric where directions count alike.
  ///
  /// With the catalogue's mean μ, its covariance C and its metric A:
  ///
  ///     w⁰ = q / √(qᵀ C q) + A (0.14 (m⁺ − μ) − 0.07 (m⁻ − μ)),  scaled so that w⁰ᵀ C w⁰ = 1
  ///     w  = w⁰ + A Σ αᵢ xᵢ,  α of the class-balanced logistic regression with λ = 140 and the products xᵢᵀ A xⱼ
  ///
  /// The more marks there are, the further w goes from w⁰. The constants were chosen on one half of the queries of each benchmark and
  /// confirmed on the other half (docs/retrieval.md).
  func adaptive(_ statistics: CatalogueStatistics) -> [Double] {
    var direction = [Double](repeating: 0, count: query.count)
    for (marks, weight) in [(good, 0.14), (bad, -0.07)] where !marks.isEmpty {
      for (place, number) in Self.mean(marks).enumerated() {
        direction[place] += weight * (number - Double(statistics.mean[place]))
      }
    }
    let moved = statistics.metric.products(with: direction.map { Float($0) })
    let start = statistics.scaled(zip(statistics.scaled(query), moved).map { $0 + $1 })
    guard !good.isEmpty, !bad.isEmpty else { return start.map(Double.init) }
    let examples = examples
    let weighted = VectorRows(
      (0..<examples.count).map { statistics.metric.products(with: examples[$0]) }, width: query.count)
    let fit = LogisticFit(
      products: examples.products(with: weighted),
      offsets: examples.products(with: start).map(Double.init), isGood: isGood, weights: balancedWeights,
      strength: 140)
    return zip(start, weighted.sum(fit.coefficients())).map { Double($0) + $1 }
  }
}
