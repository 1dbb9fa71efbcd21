/// A linear support vector machine on a few examples, in the space that they span.
///
/// Minimises ½ wᵀw + Σ Cᵢ max(0, 1 − yᵢ (wᵀxᵢ + b)) through its dual, by sequential minimal optimisation with the pair that violates
/// its conditions most (Keerthi et al. 2001), as libsvm does.
struct SupportVectorFit {
  /// The products of examples, n × n numbers.
  var products: [Double]
  /// Whether an example is good.
  var isGood: [Bool]
  /// C: the most that an example counts.
  var limits: [Double]

  private static let tolerance = 1e-5
  private static let mostSteps = 100_000

  /// yᵢ αᵢ, a number for each example: w = Σ yᵢ αᵢ xᵢ.
  func coefficients() -> [Double] {
    let count = isGood.count
    let sign = isGood.map { $0 ? 1.0 : -1.0 }
    var alpha = [Double](repeating: 0, count: count)
    // The gradient of the dual, ½ αᵀQα − Σ α.
    var gradient = [Double](repeating: -1, count: count)
    for _ in 0..<Self.mostSteps {
      var (up, down) = (-1, -1)
      var (highest, lowest) = (-Double.infinity, Double.infinity)
      for index in 0..<count {
        let value = -sign[index] * gradient[index]
        let canGrow = isGood[index] ? alpha[index] < limits[index] : alpha[index] > 0
        let canShrink = isGood[index] ? alpha[index] > 0 : alpha[index] < limits[index]
        if canGrow, value > highest { (up, highest) = (index, value) }
        if canShrink, value < lowest { (down, lowest) = (index, value) }
      }
      guard up >= 0, down >= 0, highest - lowest > Self.tolerance else { break }
      let curvature = max(
        products[up * count + up] + products[down * count + down] - 2 * products[up * count + down], 1e-12)
      // Along yᵤ αᵤ + t, y_d α_d − t, as far as the limits allow.
      let roomUp = isGood[up] ? limits[up] - alpha[up] : alpha[up]
      let roomDown = isGood[down] ? alpha[down] : limits[down] - alpha[down]
      let step = min((highest - lowest) / curvature, roomUp, roomDown)
      alpha[up] += sign[up] * step
      alpha[down] -= sign[down] * step
      for index in 0..<count {
        gradient[index] +=
          sign[index] * step * (products[index * count + up] - products[index * count + down])
      }
    }
    return zip(alpha, sign).map { $0 * $1 }
  }
}
