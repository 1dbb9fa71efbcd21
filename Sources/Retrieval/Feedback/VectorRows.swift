import Compute

/// A few vectors of the same length, row after row.
package struct VectorRows: Sendable {
  let values: [Float]
  let width: Int

  init(_ values: [Float], width: Int) {
    self.values = values
    self.width = width
  }

  init(_ rows: [[Float]], width: Int) { self.init(rows.flatMap(\.self), width: width) }

  var count: Int { width > 0 ? values.count / width : 0 }

  /// The product of each row with a vector.
  package func products(with vector: [Float]) -> [Float] {
    guard count > 0, vector.count == width else { return [] }
    return [Float](unsafeUninitializedCapacity: count) { target, made in
      values.withUnsafeBufferPointer { rows in
        vector.withUnsafeBufferPointer { vector in
          guard let rows = rows.baseAddress, let vector = vector.baseAddress,
            let start = target.baseAddress
          else { return }
          Kernels.best.scan(floats: rows, count: count, by: vector, width: width, to: start)
        }
      }
      made = count
    }
  }

  /// The products of each row with each of others: `count × others.count` numbers.
  func products(with others: VectorRows) -> [Double] {
    (0..<count).flatMap { others.products(with: self[$0]).map(Double.init) }
  }

  subscript(row: Int) -> [Float] { Array(values[row * width..<(row + 1) * width]) }

  /// The sum of the rows, each with a factor.
  func sum(_ factors: [Double]) -> [Double] {
    var sum = [Double](repeating: 0, count: width)
    for (row, factor) in factors.enumerated() {
      for place in 0..<width { sum[place] += factor * Double(values[row * width + place]) }
    }
    return sum
  }
}
