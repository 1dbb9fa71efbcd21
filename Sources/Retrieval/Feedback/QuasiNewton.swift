/// L-BFGS (Nocedal 1980): the minimum of a smooth function, from its values and its gradients.
enum QuasiNewton {
  private static let memory = 10
  private static let mostSteps = 200
  private static let tolerance = 1e-6

  /// The place of a minimum near a start.
  ///
  /// - Parameter function: gives the value at a place, and writes the gradient.
  static func minimum(
    from start: [Double], of function: (_ point: [Double], _ gradient: inout [Double]) -> Double
  ) -> [Double] {
    var point = start
    var gradient = [Double](repeating: 0, count: start.count)
    var value = function(point, &gradient)
    var steps: [(move: [Double], change: [Double], inverse: Double)] = []
    for _ in 0..<mostSteps {
      guard gradient.contains(where: { abs($0) > tolerance }) else { break }
      var direction = direction(gradient, steps)
      var slope = product(direction, gradient)
      if slope >= 0 {
        steps = []
        direction = gradient.map { -$0 }
        slope = product(direction, gradient)
      }
      var size = 1.0
      var next = point
      var nextGradient = gradient
      var nextValue = value
      // Halved until the value falls enough (Armijo).
      while true {
        next = zip(point, direction).map { $0 + size * $1 }
        nextValue = function(next, &nextGradient)
        if nextValue <= value + 1e-4 * size * slope || size < 1e-10 { break }
        size /= 2
      }
      guard nextValue < value else { break }
      let move = zip(next, point).map { $0 - $1 }
      let change = zip(nextGradient, gradient).map { $0 - $1 }
      let curvature = product(move, change)
      if curvature > 1e-12 {
        steps.append((move, change, 1 / curvature))
        if steps.count > memory { steps.removeFirst() }
      }
      (point, gradient, value) = (next, nextGradient, nextValue)
    }
    return point
  }

  private static func direction(
    _ gradient: [Double], _ steps: [(move: [Double], change: [Double], inverse: Double)]
  ) -> [Double] {
    var direction = gradient.map { -$0 }
    var factors: [Double] = []
    for step in steps.reversed() {
      let factor = step.inverse * product(step.move, direction)
      factors.append(factor)
      for place in direction.indices { direction[place] -= factor * step.change[place] }
    }
    if let last = steps.last {
      let scale = 1 / (last.inverse * product(last.change, last.change))
      for place in direction.indices { direction[place] *= scale }
    }
    for (step, factor) in zip(steps, factors.reversed()) {
      let other = step.inverse * product(step.change, direction)
      for place in direction.indices { direction[place] += (factor - other) * step.move[place] }
    }
    return direction
  }

  private static func product(_ one: [Double], _ other: [Double]) -> Double {
    var sum = 0.0
    for place in one.indices { sum += one[place] * other[place] }
    return sum
  }
}
