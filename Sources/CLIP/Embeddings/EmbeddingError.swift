public import Foundation

/// What can be wrong with a table of embeddings.
public enum EmbeddingError: Error, Equatable {
  /// A matrix has no embeddings.
  case noRows(name: String)
  /// The values of a matrix cannot be divided into embeddings of its dimension.
  case incompleteRows(name: String, numbers: Int, width: Int)
  /// An embedding that was asked for is not there.
  case noSuchRow(name: String, row: Int)
}

extension EmbeddingError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .noRows(let name):
      "\(name): there is nothing to compare; embed something first."
    case .incompleteRows(let name, let numbers, let width):
      "\(name): \(numbers) values cannot be divided into embeddings of dimension \(width); embed them again."
    case .noSuchRow(let name, let row):
      "\(name) has no embedding \(row); correct the number."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
