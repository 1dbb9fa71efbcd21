/// Cosines of embeddings in double precision: the same whatever the processor, the number of threads and the order of work.
package struct ExactCosine {
  let dimension: Int
  private let memory: UnsafeMutablePointer<Float>

  /// Allocates memory for two embeddings; ``deallocate()`` gives it back.
  package init(dimension: Int) {
    self.dimension = dimension
    memory = .allocate(capacity: max(1, 2 * dimension))
  }

  package func deallocate() { memory.deallocate() }

  /// `a · b`
  package func product(_ a: Embeddings, _ rowOfA: Int, _ b: Embeddings, _ rowOfB: Int) -> Double {
    a.copyRow(rowOfA, to: memory)
    b.copyRow(rowOfB, to: memory + dimension)
    return Self.product(memory, memory + dimension, count: dimension)
  }

  /// The squared norm of an embedding.
  package func squares(_ a: Embeddings, _ row: Int) -> Double {
    a.copyRow(row, to: memory)
    return Self.product(memory, memory, count: dimension)
  }

  /// Σ x·y, in eight partial sums whose order is fixed.
  package static func product(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Double {
    var sums = SIMD8<Double>.zero
    let whole = count / 8 * 8
    for i in stride(from: 0, to: whole, by: 8) {
      let a = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Float>.self)
      let b = UnsafeRawPointer(y + i).loadUnaligned(as: SIMD8<Float>.self)
      sums += SIMD8<Double>(a) * SIMD8<Double>(b)
    }
    var rest = 0.0
    for i in whole..<count { rest += Double(x[i]) * Double(y[i]) }
    let four = sums.lowHalf + sums.highHalf
    return (four[0] + four[2]) + (four[1] + four[3]) + rest
  }
}

/// The cosine of two embeddings, in double precision whatever their length; zero where one of them is all zeros.
///
/// Not a number where an embedding holds a NaN or an infinity, and clamped to −1…1, which rounding may leave.
package func cosine(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
  var product = 0.0
  var squaresOfA = 0.0
  var squaresOfB = 0.0
  for (x, y) in zip(a, b) {
    let (x, y) = (Double(x), Double(y))
    product += x * y
    squaresOfA += x * x
    squaresOfB += y * y
  }
  guard squaresOfA.isFinite, squaresOfB.isFinite else { return .nan }
  guard squaresOfA > 0, squaresOfB > 0 else { return 0 }
  return min(1, max(-1, product / (squaresOfA * squaresOfB).squareRoot()))
}
