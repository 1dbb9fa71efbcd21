public import Foundation

/// Why an index or a search fails.
public enum RetrievalError: LocalizedError, Equatable {
  /// Queries and rows are of different models.
  case otherDimension(rows: Int, query: Int)
  /// A query holds a number that is none.
  case queryNotFinite(query: Int)
  /// A query says nothing.
  case badQuery(term: String, expected: String)
  /// There is no index in a folder.
  case noIndex(folder: String)
  /// An index cannot be used.
  case damagedIndex(folder: String, reason: String)
  /// An index belongs to another model; `again` is the command that makes it anew by the model that was asked for.
  case otherModel(folder: String, model: String, asked: String, again: String)
  /// Nothing was named that could be indexed, now or before.
  case nothingToIndex(folder: String)
  /// Something that was named cannot be read.
  case unreadable(path: String, reason: String)
  /// Something cannot be written.
  case unwritable(path: String, reason: String)
  /// What was opened lies there no longer.
  case replaced(path: String)

  /// The sentence for people.
  public var errorDescription: String? {
    switch self {
    case .otherDimension(let rows, let query):
      "the query has \(query) numbers, and what is searched has \(rows): embed both with the same model."
    case .queryNotFinite(let query): "query \(query + 1) holds a number that is not finite."
    case .badQuery(let term, let expected): "the query at \"\(term)\": expected \(expected)."
    case .noIndex(let folder):
      "\(folder): there is no index; make one with plumb index FOLDER --index \(folder)."
    case .damagedIndex(let folder, let reason):
      "\(folder): the index cannot be used: \(reason). Remove the folder and index again, or name another with --index."
    case .otherModel(let folder, let model, let asked, let again):
      "\(folder): the index belongs to \(model), and \(asked) is another model. Leave out --model; or remove the folder and index again with "
        + "\(again); or run that with another --index, to have both."
    case .nothingToIndex(let folder):
      "\(folder): the index is empty; name the folders whose images it is to have."
    case .unreadable(let path, let reason): "\(path): cannot be read (\(reason))."
    case .unwritable(let path, let reason): "\(path): cannot be written (\(reason))."
    case .replaced(let path): "\(path): was removed or replaced while it was in use; start plumb again."
    }
  }
}
