/// Sums over vectors, in an order that is the same on every machine.
package enum FloatVector {
  package static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
    var sums = SIMD16<Float>.zero
    let whole = count / 16 * 16
    let (rawA, rawB) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
    for place in stride(from: 0, to: whole, by: 16) {
      sums +=
        rawA.loadUnaligned(fromByteOffset: place * 4, as: SIMD16<Float>.self)
        * rawB.loadUnaligned(fromByteOffset: place * 4, as: SIMD16<Float>.self)
    }
    var sum = sums.sum()
    for place in whole..<count { sum += a[place] * b[place] }
    return sum
  }

  /// Brings a vector to length 1; one without a length, or that is not finite, to zeros.
  package static func makeUnit(_ vector: UnsafeMutablePointer<Float>, _ count: Int) {
    let squares = dot(vector, vector, count)
    let inverse = squares > 0 && squares.isFinite ? 1 / squares.squareRoot() : 0
    for place in 0..<count { vector[place] = inverse == 0 ? 0 : vector[place] * inverse }
  }
}
