/// The embeddings of a list of images or texts: one row for each item, in one contiguous row-major block.
public struct Embeddings: Sendable, Equatable {
  /// The dimension, 512 for ViT-B/32.
  public let dimension: Int
  /// (count, dimension), row-major.
  public private(set) var values: [Float]

  /// Creates a matrix of `count` embeddings of zeros.
  public init(count: Int, dimension: Int) {
    self.dimension = max(0, dimension)
    self.values = [Float](repeating: 0, count: max(0, count) * max(0, dimension))
  }

  /// Creates a matrix from its values, or `nil` where they cannot be divided into rows of `dimension`.
  public init?(values: [Float], dimension: Int) {
    guard dimension > 0, values.count.isMultiple(of: dimension) else { return nil }
    self.dimension = dimension
    self.values = values
  }

  /// The number of embeddings.
  public var count: Int { dimension == 0 ? 0 : values.count / dimension }

  /// One embedding; empty where `row` is out of range.
  public subscript(row: Int) -> ArraySlice<Float> {
    guard row >= 0, row < count else { return [] }
    return values[row * dimension..<(row + 1) * dimension]
  }

  /// Calls `body` with the rows, to be filled in.
  public mutating func withMutableValues<R>(
    _ body: (inout UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    try values.withUnsafeMutableBufferPointer(body)
  }
}

extension Embeddings {
  /// Rows that must be there, one after the other.
  ///
  /// - Parameter name: what the embeddings are of, for the error.
  /// - Throws: ``EmbeddingError/noRows(name:)``, ``EmbeddingError/incompleteRows(name:numbers:width:)``.
  package init(rows values: [Float], dimension: Int, of name: String) throws(EmbeddingError) {
    guard !values.isEmpty, dimension > 0 else { throw .noRows(name: name) }
    guard let rows = Embeddings(values: values, dimension: dimension) else {
      throw .incompleteRows(name: name, numbers: values.count, width: dimension)
    }
    self = rows
  }
}

extension Embeddings {
  /// Some embeddings, in the order given.
  ///
  /// - Throws: ``EmbeddingError/noSuchRow(name:row:)`` where one is not there.
  package func rows(_ rows: [Int]) throws -> Embeddings {
    if rows.elementsEqual(0..<count) { return self }
    if let stranger = rows.first(where: { !(0..<count).contains($0) }) {
      throw EmbeddingError.noSuchRow(name: "the table of \(count) embeddings", row: stranger)
    }
    var rowsOnly = Embeddings(count: rows.count, dimension: dimension)
    rowsOnly.withMutableValues { values in
      for (place, row) in rows.enumerated() {
        for (column, value) in self[row].enumerated() { values[place * dimension + column] = value }
      }
    }
    return rowsOnly
  }
}
