import CLIP

/// The eigenvalues and eigenvectors of a symmetric matrix.
///
/// Householder reflections make the matrix tridiagonal, and implicitly shifted QL steps make it diagonal (Golub and Van
/// Loan, Matrix Computations, 8.3). A few n³ operations: a width of 768 takes about two seconds.
package struct SymmetricEigen {
  /// The eigenvalues, in no particular order.
  package private(set) var values: [Double]
  /// The eigenvectors of unit length, one behind the other.
  package private(set) var vectors: [Double]

  private let size: Int
  /// The tridiagonal matrix's other diagonal: `others[i]` stands between i and i + 1.
  private var others: [Double]

  /// Decomposes a row-major matrix of `size × size` finite numbers; nil if the steps do not come to an end, which does
  /// not happen with such numbers unless they overflow.
  package init?(_ matrix: [Double], size: Int) {
    self.size = size
    values = [Double](repeating: 0, count: size)
    others = [Double](repeating: 0, count: size)
    vectors = [Double](repeating: 0, count: size * size)
    makeTridiagonal(matrix)
    guard makeDiagonal() else { return nil }
  }

  // MARK: Householder

  /// Leaves the tridiagonal matrix in `values` and `others`, and the product of the reflections in `vectors`, transposed.
  private mutating func makeTridiagonal(_ matrix: [Double]) {
    var matrix = matrix
    var reflections: [(vector: [Double], factor: Double)] = []
    for step in 0..<max(0, size - 2) {
      let below = (step + 1)..<size
      var vector = [Double](repeating: 0, count: size)
      for row in below { vector[row] = matrix[row * size + step] }
      let length = below.reduce(0.0) { $0 + vector[$1] * vector[$1] }.squareRoot()
      let reflected = vector[step + 1] > 0 ? -length : length
      values[step] = matrix[step * size + step]
      others[step] = reflected
      vector[step + 1] -= reflected
      let square = below.reduce(0.0) { $0 + vector[$1] * vector[$1] }
      let factor = square > 0 ? 2 / square : 0
      reflections.append((vector, factor))
      if factor > 0 { reflect(&matrix, below, vector, factor) }
    }
    if size > 1 {
      values[size - 2] = matrix[(size - 2) * size + size - 2]
      others[size - 2] = matrix[(size - 1) * size + size - 2]
    }
    if size > 0 { values[size - 1] = matrix[size * size - 1] }
    for index in 0..<size { vectors[index * size + index] = 1 }
    // From the last to the first: rows that a reflection does not reach are still those of the identity.
    for (step, (vector, factor)) in reflections.enumerated().reversed() where factor > 0 {
      for row in (step + 1)..<size {
        let start = row * size
        var product = 0.0
        for column in (step + 1)..<size { product += vectors[start + column] * vector[column] }
        product *= factor
        for column in (step + 1)..<size { vectors[start + column] -= product * vector[column] }
      }
    }
  }

  /// `A ← H·A·H` for `H = 1 − factor·v·vᵀ`, within some rows and columns of a symmetric matrix.
  private func reflect(_ matrix: inout [Double], _ range: Range<Int>, _ v: [Double], _ factor: Double) {
    var p = [Double](repeating: 0, count: size)
    for row in range {
      var sum = 0.0
      for column in range { sum += matrix[row * size + column] * v[column] }
      p[row] = factor * sum
    }
    let half = factor / 2 * range.reduce(0.0) { $0 + p[$1] * v[$1] }
    for row in range { p[row] -= half * v[row] }
    for row in range {
      let (a, b) = (v[row], p[row])
      for column in range { matrix[row * size + column] -= a * p[column] + b * v[column] }
    }
  }

  // MARK: QL

  /// Turns the tridiagonal matrix, and the vectors with it, until nothing is left beside the diagonal.
  private mutating func makeDiagonal() -> Bool {
    for first in 0..<size {
      var steps = 0
      while let last = endOfBlock(from: first), last > first {
        steps += 1
        guard steps <= 60 else { return false }
        takeStep(first, last)
      }
    }
    return values.allSatisfy(\.isFinite)
  }

  /// The end of the block that begins at an index: where the next number beside the diagonal is nothing.
  private func endOfBlock(from first: Int) -> Int? {
    var last = first
    while last < size - 1 {
      let scale = abs(values[last]) + abs(values[last + 1])
      if abs(others[last]) <= Double.ulpOfOne / 2 * scale { break }
      last += 1
    }
    return last
  }

  /// One QL step with Wilkinson's shift on the block from `first` to `last`.
  private mutating func takeStep(_ first: Int, _ last: Int) {
    var g = (values[first + 1] - values[first]) / (2 * others[first])
    var r = hypotenuse(g, 1)
    g = values[last] - values[first] + others[first] / (g + (g < 0 ? -r : r))
    var (sine, cosine, shift) = (1.0, 1.0, 0.0)
    for index in (first..<last).reversed() {
      let f = sine * others[index]
      let b = cosine * others[index]
      r = hypotenuse(f, g)
      others[index + 1] = r
      guard r > 0 else {
        // The block has fallen apart here.
        values[index + 1] -= shift
        others[last] = 0
        return
      }
      sine = f / r
      cosine = g / r
      g = values[index + 1] - shift
      r = (values[index] - g) * sine + 2 * cosine * b
      shift = sine * r
      values[index + 1] = g + shift
      g = cosine * r - b
      rotate(index, sine, cosine)
    }
    values[first] -= shift
    others[first] = g
    others[last] = 0
  }

  /// Turns two neighbouring vectors in their plane.
  private mutating func rotate(_ index: Int, _ sine: Double, _ cosine: Double) {
    let size = size
    vectors.withUnsafeMutableBufferPointer { vectors in
      guard let base = vectors.baseAddress else { return }
      let (a, b) = (base + index * size, base + (index + 1) * size)
      for column in 0..<size {
        let (x, y) = (a[column], b[column])
        b[column] = sine * x + cosine * y
        a[column] = cosine * x - sine * y
      }
    }
  }

  private func hypotenuse(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
}
