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

  /// The product of two rows of the same length.
  package static func dot(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Float {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        guard let first = a.baseAddress, let second = b.baseAddress else { return 0 }
        return dot(first, second, min(a.count, b.count))
      }
    }
  }

  /// A row brought to length 1, as ``makeUnit(_:_:)`` does it.
  package static func unit(_ row: ArraySlice<Float>) -> [Float] {
    var row = Array(row)
    row.withUnsafeMutableBufferPointer { row in
      if let start = row.baseAddress { makeUnit(start, row.count) }
    }
    return row
  }

  /// Brings a vector to length 1; one without a length, or that is not finite, to zeros.
  package static func makeUnit(_ vector: UnsafeMutablePointer<Float>, _ count: Int) {
    let squares = dot(vector, vector, count)
    let inverse = squares > 0 && squares.isFinite ? 1 / squares.squareRoot() : 0
    for place in 0..<count { vector[place] = inverse == 0 ? 0 : vector[place] * inverse }
  }
}
