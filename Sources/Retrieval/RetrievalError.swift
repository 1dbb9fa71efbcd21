public import Foundation

/// Why a search fails.
public enum RetrievalError: LocalizedError, Equatable {
  /// Queries and rows are of different models.
  case otherDimension(rows: Int, query: Int)
  /// A query holds a number that is none.
  case queryNotFinite(query: Int)

  public var errorDescription: String? {
    switch self {
    case .otherDimension(let rows, let query):
      "the query has \(query) numbers, and what is searched has \(rows): embed both with the same model."
    case .queryNotFinite(let query): "query \(query + 1) holds a number that is not finite."
    }
  }
}
