public import Foundation

/// What can be wrong with what an n-gram metric is given.
public enum NGramMetricError: Error, Equatable, Sendable {
  /// There are not as many sets of references as candidates.
  case unequalCounts(candidates: Int, references: Int)
  /// The candidate at this index has no reference.
  case noReferences(item: Int)
  /// One image's references were given to CIDEr without document frequencies.
  case noDocumentFrequency
  /// The document-frequency file cannot be read or written.
  case inaccessibleFile(String, reason: String)
  /// The file is not a document-frequency file, or is damaged, at this byte.
  case damagedFile(String, offset: Int, reason: String)
  /// The document-frequency file is of a version that this build does not know.
  case unknownVersion(String, found: Int, known: Int)
}

extension NGramMetricError: LocalizedError, CustomStringConvertible {
  /// The error as one sentence for people.
  public var description: String {
    switch self {
    case .unequalCounts(let candidates, let references):
      "There are \(candidates) candidates but \(references) sets of references: give each candidate its own."
    case .noReferences(let item):
      "Candidate number \(item + 1) has no reference: add one, or leave the candidate out."
    case .noDocumentFrequency:
      "CIDEr cannot tell from one image how rare its words are: give it the document frequencies of a larger set "
        + "(make them with `plumb cider-df`)."
    case .inaccessibleFile(let file, let reason):
      "\(file): \(reason): check the path and the permissions."
    case .damagedFile(let file, let offset, let reason):
      "\(file): not a sound document-frequency file (\(reason) at byte \(offset)): make it again with `plumb cider-df`."
    case .unknownVersion(let file, let found, let known):
      "\(file): document-frequency file of version \(found), this build reads version \(known): "
        + "make it again with `plumb cider-df`, or update."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
