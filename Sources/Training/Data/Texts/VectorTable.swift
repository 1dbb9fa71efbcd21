import CLIP
public import Foundation

/// Vectors beside the items or the captions of a set, such as a teacher's embeddings: a `.npy` matrix of float16,
/// float32 or float64, mapped into memory, row by row in the set's order.
public struct VectorTable: Sendable {
  private let matrix: NumPyMatrix

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - rows: the number of rows that there must be.
  ///   - what: what the rows belong to, for messages: "images", "captions".
  /// - Throws: ``NumPyError``, ``DataError/wrongCount(file:what:expected:found:)``.
  public init(contentsOf url: URL, rows: Int, of what: String) throws {
    matrix = try NumPyMatrix(contentsOf: url)
    guard matrix.count == rows else {
      throw DataError.wrongCount(file: matrix.name, what: what, expected: rows, found: matrix.count)
    }
  }

  /// The number of rows.
  public var count: Int { matrix.count }
  /// Numbers a row.
  public var dimension: Int { matrix.dimension }

  /// Some rows one after the other, in row-major order; a row that is not there is all zeros.
  public func rows(_ rows: [Int]) -> [Float] {
    let dimension = dimension
    var values = [Float](repeating: 0, count: rows.count * dimension)
    values.withUnsafeMutableBufferPointer { values in
      guard let start = values.baseAddress else { return }
      for (index, row) in rows.enumerated() { matrix.copyRow(row, to: start + index * dimension) }
    }
    return values
  }
}
