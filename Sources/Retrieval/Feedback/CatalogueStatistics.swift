public import CLIP
import Compute

/// How the embeddings of an index lie: their mean, their covariance, and the metric in which directions count alike.
///
/// Embeddings of a CLIP model fill a narrow cone, and some directions vary far more than others. What marks say is clearer where the
/// mean is taken away and directions are weighted by the inverse of how much they vary.
public struct CatalogueStatistics: Sendable {
  /// Numbers in an embedding: D.
  public let dimension: Int
  /// The mean of unit embeddings, D numbers.
  public let mean: [Float]
  /// The covariance C, D × D numbers.
  package let covariance: VectorRows
  /// A = ((1 − ρ) C / t + ρ I)^−½ / t, D × D numbers, where t is the mean variance of a dimension.
  package let metric: VectorRows

  /// ρ: how much of the metric is the plain one.
  static let plainShare: Float = 0.03
  /// The most rows that are looked at.
  private static let sampleSize = 16_384
  private static let mostSteps = 40

  /// Takes up to 16,384 rows, evenly spread, for all.
  ///
  /// - Throws: `ComputeError` where memory runs out.
  public init(_ rows: Embeddings, threads: Int? = nil) throws {
    dimension = rows.dimension
    let (sample, count) = Self.unitRows(rows)
    let product = try MatrixProduct(threads: threads)
    let moments = try Self.moments(sample, count: count, dimension: dimension, product)
    mean = moments.mean
    covariance = VectorRows(moments.covariance, width: dimension)
    metric = VectorRows(
      try Self.metric(moments.covariance, dimension: dimension, product), width: dimension)
  }

  /// Rows of unit length, row after row, without those that have no direction.
  private static func unitRows(_ rows: Embeddings) -> (values: [Float], count: Int) {
    let wanted = min(rows.count, sampleSize)
    var values: [Float] = []
    values.reserveCapacity(wanted * rows.dimension)
    for number in 0..<wanted {
      let row = rows[number * rows.count / wanted]
      let length = row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard length > 0, length.isFinite else { continue }
      values += row.map { Float(Double($0) / length) }
    }
    return (values, values.count / max(1, rows.dimension))
  }

  private static func moments(
    _ rows: [Float], count: Int, dimension: Int, _ product: MatrixProduct
  ) throws -> (mean: [Float], covariance: [Float]) {
    guard count > 0 else {
      return ([Float](repeating: 0, count: dimension), [Float](repeating: 0, count: dimension * dimension))
    }
    var sums = [Double](repeating: 0, count: dimension)
    for row in 0..<count {
      for place in 0..<dimension { sums[place] += Double(rows[row * dimension + place]) }
    }
    let mean = sums.map { Float($0 / Double(count)) }
    var columns = [Float](repeating: 0, count: count * dimension)
    for row in 0..<count {
      for place in 0..<dimension {
        columns[place * count + row] = rows[row * dimension + place] - mean[place]
      }
    }
    let squares = try product.timesTransposed(
      columns, columns, rows: dimension, columns: dimension, inner: count)
    return (mean, squares.map { $0 / Float(count) })
  }

  /// The inverse square root by the coupled Newton–Schulz iteration (Higham, "Functions of Matrices", 6.35), which is nothing but
  /// products.
  private static func metric(
    _ covariance: [Float], dimension: Int, _ product: MatrixProduct
  ) throws -> [Float] {
    let trace = (0..<dimension).reduce(Float(0)) { $0 + covariance[$1 * dimension + $1] }
    let identity = (0..<dimension * dimension).map { Float($0 % (dimension + 1) == 0 ? 1 : 0) }
    guard trace > 0 else { return identity }
    let scale = (1 - plainShare) * Float(dimension) / trace
    let matrix = zip(covariance, identity).map { $0 * scale + $1 * plainShare }
    let norm = matrix.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    var root = matrix.map { $0 / Float(norm) }
    var inverse = identity
    func times(_ a: [Float], _ b: [Float]) throws -> [Float] {
      // All of them are symmetric but for rounding, which the iteration only survives where it is not mirrored.
      var transposed = b
      for row in 0..<dimension {
        for column in 0..<dimension { transposed[column * dimension + row] = b[row * dimension + column] }
      }
      return try product.timesTransposed(
        a, transposed, rows: dimension, columns: dimension, inner: dimension)
    }
    var best = (rest: Float(0.1), inverse: identity.map { $0 * Float(norm.squareRoot()) })
    for _ in 0..<mostSteps {
      let both = try times(inverse, root)
      let rest = zip(both, identity).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      // Rounding ends what is gained, and would grow if it went on.
      guard rest < best.rest || best.rest == 0.1, rest.isFinite else { break }
      if rest < best.rest { best = (rest, inverse) }
      let step = zip(both, identity).map { 1.5 * $1 - 0.5 * $0 }
      root = try times(root, step)
      inverse = try times(step, inverse)
    }
    let factor = Float(1 / norm.squareRoot()) * Float(dimension) / trace
    return best.inverse.map { $0 * factor }
  }

  /// A direction v, scaled so that the catalogue's scores along it have a standard deviation of 1: v / √(vᵀ C v).
  func scaled(_ direction: [Float]) -> [Float] {
    let products = covariance.products(with: direction)
    let variance = zip(products, direction).reduce(0) { $0 + $1.0 * $1.1 }
    return variance > 0 ? direction.map { $0 / variance.squareRoot() } : direction
  }
}
