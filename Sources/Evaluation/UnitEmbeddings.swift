import CLIP
import Compute

/// Embeddings with what brings them to unit length.
struct UnitEmbeddings: Sendable {
  let source: Embeddings
  /// The rows of the source that count; nil for all.
  private let rows: [Int]?
  /// One over the length of each, 0 for a row of zeros.
  let scales: [Double]

  var count: Int { scales.count }
  var dimension: Int { source.dimension }

  /// Measures rows.
  ///
  /// - Throws: ``EvaluationError/notFinite(name:row:)``.
  init(_ source: Embeddings, rows: [Int]?, pool: ThreadPool) throws {
    self.source = source
    self.rows = rows
    let count = rows?.count ?? source.count
    let scales = [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      buffer.initialize(repeating: 0)
      let target = SendableBuffer(buffer)
      pool.split(count) { range in
        let cosine = ExactCosine(dimension: source.dimension)
        defer { cosine.deallocate() }
        for index in range {
          let squares = cosine.squares(source, rows?[index] ?? index)
          // The squares of finite 32-bit numbers do not leave the range of 64-bit ones.
          target.buffer[index] = !squares.isFinite ? .nan : squares == 0 ? 0 : 1 / squares.squareRoot()
        }
      }
      initialized = count
    }
    if let row = scales.firstIndex(where: \.isNaN) {
      throw EvaluationError.notFinite(name: source.name, row: rows?[row] ?? row)
    }
    self.scales = scales
  }

  /// Writes a row of unit length; its numbers are off by no more than their own rounding.
  func copyUnit(_ index: Int, to destination: UnsafeMutablePointer<Float>) {
    source.copyRow(row(index), to: destination)
    let scale = scales[index]
    for i in 0..<dimension { destination[i] = Float(Double(destination[i]) * scale) }
  }

  /// The cosine of a row of this and a row of another, in double precision.
  func cosine(_ index: Int, _ other: UnitEmbeddings, _ otherIndex: Int, _ exact: ExactCosine)
    -> Double
  {
    exact.product(source, row(index), other.source, other.row(otherIndex)) * scales[index]
      * other.scales[otherIndex]
  }

  func row(_ index: Int) -> Int { rows?[index] ?? index }

  /// Rows of unit length as the weights of a layer that gives their similarities with others.
  ///
  /// - Parameter block: memory for the rows, which the layer keeps.
  func layer(of columns: Range<Int>, in block: AlignedBuffer, pool: ThreadPool) throws -> Linear {
    let start = block.bound(to: Float.self)
    let target = SendableBuffer(UnsafeMutableBufferPointer(start: start, count: columns.count * dimension))
    pool.split(columns.count) { range in
      guard let start = target.buffer.baseAddress else { return }
      for offset in range { copyUnit(columns.lowerBound + offset, to: start + offset * dimension) }
    }
    let matrix = Matrix(
      rows: columns.count, columns: dimension, storage: .float32, start: block.start, owner: block)
    return try Linear(matrices: [matrix], precision: .float32)
  }
}

/// A buffer whose elements several threads write, each its own.
struct SendableBuffer<Element>: @unchecked Sendable {
  // Unchecked: who splits the work gives every element to one thread.

  let buffer: UnsafeMutableBufferPointer<Element>

  init(_ buffer: UnsafeMutableBufferPointer<Element>) { self.buffer = buffer }
}
