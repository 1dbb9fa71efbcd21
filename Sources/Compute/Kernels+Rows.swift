import CKernels

extension Kernels {
  /// Layer norm of some rows of `weight.count` numbers, one behind the other.
  package func layerNorm(
    _ source: UnsafePointer<Float>, weight: Vector, bias: Vector, epsilon: Float, rows: Range<Int>,
    to destination: UnsafeMutablePointer<Float>
  ) {
    let width = weight.count
    let first = rows.lowerBound * width
    table.pointee.layer_norm(
      source + first, width, weight.numbers, bias.numbers, epsilon, rows.count, width, destination + first,
      width)
  }

  /// `y += x`
  package func add(_ x: UnsafePointer<Float>, count: Int, to y: UnsafeMutablePointer<Float>) {
    table.pointee.add(x, count, y)
  }

  /// The Euclidean length of a vector.
  package func length(_ x: UnsafePointer<Float>, count: Int) -> Float {
    table.pointee.dot(x, x, count).squareRoot()
  }

  /// `y *= factor`
  package func multiply(_ factor: Float, count: Int, _ y: UnsafeMutablePointer<Float>) {
    table.pointee.multiply(factor, count, y)
  }

  /// The largest of some numbers; −∞ of none.
  package func largest(_ x: UnsafePointer<Float>, count: Int) -> Float { table.pointee.largest(x, count) }

  /// Signed bytes as numbers.
  package func widen(bytes x: UnsafePointer<Int8>, count: Int, to y: UnsafeMutablePointer<Float>) {
    table.pointee.widen_bytes(x, count, y)
  }

  /// `y = exp((x − most) · scale)`, number by number. No `x` is NaN.
  ///
  /// - Returns: the sum of all `y`.
  package func exponentials(
    _ x: UnsafePointer<Float>, count: Int, most: Float, scale: Float, to y: UnsafeMutablePointer<Float>
  ) -> Float {
    table.pointee.exponentials(x, count, most, scale, y)
  }

  /// `x → x · Φ(x)`, number by number.
  package func gelu(_ x: UnsafeMutablePointer<Float>, count: Int) { table.pointee.gelu(x, count) }

  /// Cuts an 8-bit RGB image into rows of normalised numbers, a row a patch.
  package func cutPatches(
    _ pixels: UnsafePointer<UInt8>, height: Int, width: Int, patch: Int,
    table normalization: UnsafePointer<Float>,
    to rows: UnsafeMutablePointer<Float>
  ) {
    table.pointee.cut_patches(pixels, height, width, patch, normalization, rows)
  }
}
