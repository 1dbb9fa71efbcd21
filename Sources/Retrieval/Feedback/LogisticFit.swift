import Foundation

/// Logistic regression on a few examples, in the space that they span.
///
/// Minimises Σ cᵢ log(1 + exp(−yᵢ fᵢ)) + λ/2 αᵀ K α with fᵢ = f⁰ᵢ + (K α)ᵢ + b by Newton's method: what is found is the model
/// w = w⁰ + Σ αᵢ xᵢ whose distance from w⁰ is paid for.
struct LogisticFit {
  /// The products of examples, n × n numbers.
  var products: [Double]
  /// f⁰: what the model says of each example before it has seen any.
  var offsets: [Double]
  /// Whether an example is good.
  var isGood: [Bool]
  /// c: what an example counts.
  var weights: [Double]
  /// λ.
  var strength: Double

  private static let mostSteps = 50
  private static let tolerance = 1e-8

  /// α, a number for each example.
  func coefficients() -> [Double] {
    let count = isGood.count
    var alpha = [Double](repeating: 0, count: count)
    var bias = 0.0
    var smoothed = smoothedValues(alpha)
    var loss = loss(alpha, bias, smoothed)
    for _ in 0..<Self.mostSteps {
      // One system of n + 1 equations: (K + λ/h) α + b = f − f⁰ + g/h for each example, Σ α = 0.
      var system = DenseSystem(count: count + 1)
      for row in 0..<count {
        let sign = isGood[row] ? 1.0 : -1.0
        let rest = Self.sigmoid(-sign * (offsets[row] + smoothed[row] + bias))
        let gradient = weights[row] * sign * rest
        let curvature = max(weights[row] * rest * (1 - rest), 1e-10)
        for column in 0..<count { system[row, column] = products[row * count + column] }
        system[row, row] += strength / curvature
        system[row, count] = 1
        system[count, row] = 1
        system.right[row] = smoothed[row] + bias + gradient / curvature
      }
      guard let solution = system.solution() else { break }
      var share = 1.0
      var next = (alpha: alpha, bias: bias, smoothed: smoothed, loss: loss)
      while true {
        next.alpha = zip(alpha, solution).map { $0 + share * ($1 - $0) }
        next.bias = bias + share * (solution[count] - bias)
        next.smoothed = smoothedValues(next.alpha)
        next.loss = self.loss(next.alpha, next.bias, next.smoothed)
        if next.loss <= loss + 1e-12 || share < 1e-6 { break }
        share /= 2
      }
      let gain = loss - next.loss
      (alpha, bias, smoothed, loss) = next
      if gain < Self.tolerance * (1 + abs(loss)) { break }
    }
    return alpha
  }

  /// K α.
  private func smoothedValues(_ alpha: [Double]) -> [Double] {
    let count = alpha.count
    return (0..<count).map { row in
      var sum = 0.0
      for column in 0..<count { sum += products[row * count + column] * alpha[column] }
      return sum
    }
  }

  private func loss(_ alpha: [Double], _ bias: Double, _ smoothed: [Double]) -> Double {
    var sum = 0.0
    for (row, isGood) in isGood.enumerated() {
      let margin = (isGood ? 1 : -1) * (offsets[row] + smoothed[row] + bias)
      sum += weights[row] * Self.loss(ofMargin: margin)
      sum += strength / 2 * alpha[row] * smoothed[row]
    }
    return sum
  }

  /// log(1 + exp(−m)), also where exp would overflow.
  static func loss(ofMargin margin: Double) -> Double {
    margin > 0 ? log1p(exp(-margin)) : log1p(exp(margin)) - margin
  }

  private static func sigmoid(_ value: Double) -> Double { 1 / (1 + exp(-max(-60, min(60, value)))) }
}

/// A few linear equations.
struct DenseSystem {
  private let count: Int
  private var left: [Double]
  /// The right sides.
  var right: [Double]

  /// Equations of zeros.
  init(count: Int) {
    self.count = count
    left = [Double](repeating: 0, count: count * count)
    right = [Double](repeating: 0, count: count)
  }

  /// The factor of an unknown in an equation.
  subscript(row: Int, column: Int) -> Double {
    get { left[row * count + column] }
    set { left[row * count + column] = newValue }
  }

  /// The unknowns, by elimination with row pivots; nil where the equations do not settle them.
  consuming func solution() -> [Double]? {
    for step in 0..<count {
      let pivot = (step..<count).max { abs(self[$0, step]) < abs(self[$1, step]) } ?? step
      guard abs(self[pivot, step]) > 1e-300 else { return nil }
      if pivot != step {
        for column in step..<count {
          left.swapAt(step * count + column, pivot * count + column)
        }
        right.swapAt(step, pivot)
      }
      for row in step + 1..<max(step + 1, count) where self[row, step] != 0 {
        let factor = self[row, step] / self[step, step]
        left.withUnsafeMutableBufferPointer { left in
          for column in step..<count { left[row * count + column] -= factor * left[step * count + column] }
        }
        right[row] -= factor * right[step]
      }
    }
    for row in (0..<count).reversed() {
      var sum = right[row]
      for column in row + 1..<max(row + 1, count) { sum -= self[row, column] * right[column] }
      right[row] = sum / self[row, row]
    }
    return right
  }
}
