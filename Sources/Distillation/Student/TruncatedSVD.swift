/// A table of rows as the product of a narrower table and a matrix that widens its rows, `E ≈ A·Bᵀ`.
///
/// Of all products of that rank it is the nearest to the table: the truncated singular value decomposition, found from
/// the eigenvectors of `EᵀE`, which is small. Everything is computed in double precision.
package struct TruncatedSVD {
  /// A, (rows, rank).
  package let narrow: [Float]
  /// B, (width, rank), with orthonormal columns.
  package let widening: [Float]
  /// The share of the squared norm of the table that is kept.
  package let retainedEnergy: Double

  /// Throws ``DistillationError/indecomposableTable``.
  package init(_ table: [Float], width: Int, rank: Int) throws {
    let gram = DoubleProducts.gram(table, width: width)
    guard gram.allSatisfy(\.isFinite), let eigen = SymmetricEigen(gram, size: width) else {
      throw DistillationError.indecomposableTable
    }
    let order = eigen.values.indices.sorted { eigen.values[$0] > eigen.values[$1] }
    // What is below 0 is so by rounding.
    let energies = order.map { max(0, eigen.values[$0]) }
    let total = energies.reduce(0, +)
    retainedEnergy = rank >= width || total == 0 ? 1 : energies.prefix(rank).reduce(0, +) / total
    var matrix = [Double](repeating: 0, count: width * rank)
    for (column, index) in order.prefix(rank).enumerated() {
      let vector = eigen.vectors[(index * width)..<((index + 1) * width)]
      // Of the two signs the one whose largest component is positive, so that equal tables have equal decompositions.
      let largest = vector.max { abs($0) < abs($1) } ?? 0
      for (row, value) in vector.enumerated() { matrix[row * rank + column] = largest < 0 ? -value : value }
    }
    widening = matrix.map { Float($0) }
    narrow = DoubleProducts.product(table, matrix, width: width, columns: rank)
  }
}
