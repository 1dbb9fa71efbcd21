/// The embeddings of a list of images or texts: one row an item, in one contiguous block.
public struct Embeddings: Sendable, Equatable {
  /// Numbers a row, 512 for ViT-B/32.
  public let dimension: Int
  /// The rows one after the other, `count × dimension` numbers.
  public private(set) var values: [Float]

  /// Creates a matrix of `count` rows of zeros.
  public init(count: Int, dimension: Int) {
    self.dimension = max(0, dimension)
    self.values = [Float](repeating: 0, count: max(0, count) * max(0, dimension))
  }

  /// Creates a matrix from its rows, or `nil` where `values` is not a whole number of rows.
  public init?(values: [Float], dimension: Int) {
    guard dimension > 0, values.count.isMultiple(of: dimension) else { return nil }
    self.dimension = dimension
    self.values = values
  }

  /// The number of rows.
  public var count: Int { dimension == 0 ? 0 : values.count / dimension }

  /// One row; empty where `row` is out of range.
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
  /// - Parameter name: what the rows are, for the error.
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
  /// Some rows, in the order given.
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
