import Foundation

extension Feedback {
  /// Logistic regression that stays near the query (SeeSaw, Moll et al. 2023), without the term for the data's neighbourhood graph:
  ///
  ///     Σ cᵢ log(1 + exp(−yᵢ (wᵀxᵢ + b))) + 0.1 (cosh(log ‖w‖²) − 1) + 0.1 (1 − cos(w, q))/2
  ///
  /// with weights c of both classes that sum to ½ each, by L-BFGS from w = q, b = 0.
  func anchored() -> [Double] {
    let (examples, isGood) = (good + bad, isGood)
    // ½ for each kind that there is.
    let weights = balancedWeights.map { $0 / Double(examples.count) }
    let query = query.map(Double.init)
    let width = query.count
    let (normWeight, queryWeight) = (0.1, 0.1)
    let minimum = QuasiNewton.minimum(from: query + [0]) { point, gradient in
      let bias = point[width]
      let squares = point[..<width].reduce(0) { $0 + $1 * $1 }
      let length = squares.squareRoot()
      let cosine = zip(point, query).reduce(0) { $0 + $1.0 * $1.1 } / length
      let logarithm = log(squares)
      let normSlope = normWeight * sinh(logarithm) * 2 / squares
      for place in 0..<width {
        gradient[place] =
          normSlope * point[place] - queryWeight / 2
          * (query[place] / length - cosine * point[place] / squares)
      }
      gradient[width] = 0
      var value = normWeight * (cosh(logarithm) - 1) + queryWeight * (1 - cosine) / 2
      for (index, example) in examples.enumerated() {
        var margin = bias
        for place in 0..<width { margin += point[place] * Double(example[place]) }
        let sign = isGood[index] ? 1.0 : -1.0
        margin *= sign
        value += weights[index] * LogisticFit.loss(ofMargin: margin)
        let slope = -weights[index] * sign / (1 + exp(max(-60, min(60, margin))))
        for place in 0..<width { gradient[place] += slope * Double(example[place]) }
        gradient[width] += slope
      }
      return value
    }
    return Array(minimum[..<width])
  }
}
