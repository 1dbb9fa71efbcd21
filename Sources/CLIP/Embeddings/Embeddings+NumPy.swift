public import Files
public import Foundation

extension Embeddings {
  /// Reads a matrix from a NumPy file.
  ///
  /// - Throws: ``NumPyError``, where the file holds no matrix too.
  public init(contentsOf url: URL) throws {
    let array = try NumPyArray(contentsOf: url)
    guard array.shape.count == 2, let dimension = array.shape.last,
      let embeddings = Embeddings(values: array.values, dimension: dimension)
    else {
      throw NumPyError.unsupported(file: url.relativePath, found: "an array of the shape \(array.shape)")
    }
    self = embeddings
  }
}

extension NumPyWriter {
  /// Appends all rows of a matrix.
  ///
  /// - Throws: as ``append(_:)-(ArraySlice<Float>)`` does.
  public func append(_ embeddings: Embeddings) throws {
    for row in 0..<embeddings.count { try append(embeddings[row]) }
  }
}
