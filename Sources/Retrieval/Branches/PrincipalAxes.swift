package import Compute

/// The largest eigenvalues of a symmetric matrix, by orthogonal iteration (Golub and Van Loan, "Matrix Computations", 8.2.4).
package enum PrincipalAxes {
  /// Directions beyond those that are wanted: the iteration converges with the ratio of the first one beyond to the last one wanted.
  private static let extra = 8
  private static let maximumIterations = 300

  /// The largest eigenvalues in descending order, and their eigenvectors of length 1 as rows, (count, size).
  ///
  /// - Parameter matrix: symmetric without negative eigenvalues, (size, size).
  package static func largest(
    _ count: Int, of matrix: [Double], size: Int, random: inout SplitMix
  ) -> (values: [Double], vectors: [Double]) {
    guard count > 0 else { return ([], []) }
    let width = min(size, count + extra)
    var basis = (0..<(width * size)).map { _ in Double(random.next() >> 11) / Double(1 << 52) - 1 }
    orthonormalize(&basis, size: size)
    var last = 0.0
    for _ in 0..<maximumIterations {
      let image = product(basis, matrix, size: size)
      let trace = (0..<(width * size)).reduce(0.0) { $0 + basis[$1] * image[$1] }
      basis = image
      orthonormalize(&basis, size: size)
      if abs(trace - last) <= 1e-12 * abs(trace) { break }
      last = trace
    }
    // Within the space that is found, the eigenvectors are those of a small matrix (Rayleigh and Ritz).
    let image = product(basis, matrix, size: size)
    var small = [Double](repeating: 0, count: width * width)
    for a in 0..<width {
      for b in 0..<width {
        small[a * width + b] = (0..<size).reduce(0.0) { $0 + basis[a * size + $1] * image[b * size + $1] }
      }
    }
    let (values, turns) = jacobi(small, size: width)
    let order = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }.prefix(count)
    var vectors: [Double] = []
    for index in order {
      var vector = [Double](repeating: 0, count: size)
      for a in 0..<width {
        for place in 0..<size { vector[place] += turns[a * width + index] * basis[a * size + place] }
      }
      // A vector and its opposite are equally good: the largest number is made positive.
      let peak = vector.max { abs($0) < abs($1) } ?? 1
      vectors += peak < 0 ? vector.map { -$0 } : vector
    }
    return (order.map { values[$0] }, vectors)
  }

  /// The rows of `basis` times a symmetric matrix.
  private static func product(_ basis: [Double], _ matrix: [Double], size: Int) -> [Double] {
    var result = [Double](repeating: 0, count: basis.count)
    for row in 0..<(basis.count / max(1, size)) {
      for middle in 0..<size {
        let factor = basis[row * size + middle]
        for place in 0..<size { result[row * size + place] += factor * matrix[middle * size + place] }
      }
    }
    return result
  }

  /// Gram-Schmidt, each row twice, which is enough for full precision; rows that vanish become zeros.
  private static func orthonormalize(_ basis: inout [Double], size: Int) {
    for row in 0..<(basis.count / max(1, size)) {
      let own = (row * size)..<((row + 1) * size)
      let before = basis[own].reduce(0) { $0 + $1 * $1 }
      for _ in 0..<2 {
        for other in 0..<row {
          var shared = 0.0
          for place in 0..<size { shared += basis[row * size + place] * basis[other * size + place] }
          for place in 0..<size { basis[row * size + place] -= shared * basis[other * size + place] }
        }
      }
      let squares = basis[own].reduce(0) { $0 + $1 * $1 }
      let inverse = squares > 1e-24 * before ? 1 / squares.squareRoot() : 0
      for place in own { basis[place] *= inverse }
    }
  }

  /// All eigenvalues of a small symmetric matrix, and its eigenvectors as columns, by Jacobi's rotations.
  package static func jacobi(_ matrix: [Double], size: Int) -> (values: [Double], vectors: [Double]) {
    var a = matrix
    var vectors = (0..<(size * size)).map { $0 / size == $0 % size ? 1.0 : 0 }
    func rotate(_ m: inout [Double], _ i: Int, _ j: Int, _ c: Double, _ s: Double) {
      (m[i], m[j]) = (c * m[i] - s * m[j], s * m[i] + c * m[j])
    }
    for _ in 0..<60 {
      var rest = 0.0
      for p in 0..<size { for q in (p + 1)..<max(size, p + 1) { rest += a[p * size + q] * a[p * size + q] } }
      let whole = a.reduce(0) { $0 + $1 * $1 }
      if rest <= 1e-30 * whole { break }
      for p in 0..<size {
        for q in (p + 1)..<max(size, p + 1) where a[p * size + q] != 0 {
          let theta = (a[q * size + q] - a[p * size + p]) / (2 * a[p * size + q])
          let t = (theta < 0 ? -1.0 : 1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          let s = t * c
          for k in 0..<size { rotate(&a, k * size + p, k * size + q, c, s) }
          for k in 0..<size { rotate(&a, p * size + k, q * size + k, c, s) }
          for k in 0..<size { rotate(&vectors, k * size + p, k * size + q, c, s) }
        }
      }
    }
    return ((0..<size).map { a[$0 * size + $0] }, vectors)
  }
}
