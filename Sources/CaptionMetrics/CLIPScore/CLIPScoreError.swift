public import Foundation

/// What can go wrong between embeddings and scores.
public enum CLIPScoreError: Error, Equatable {
  /// An embedding holds a NaN or an infinity.
  case notFinite(id: String, what: String, model: String)
  /// RefCLIPScore was asked for a candidate without references.
  case noReferences(id: String)
  /// An image or a text could not be embedded.
  case notEmbedded(id: String, what: String, reason: String)
  /// An embedder returned another number of rows, or of numbers a row, than it should.
  case wrongShape(model: String, expected: String, found: String)
  /// A metric that looks at images was given captions that had not been compared with theirs.
  case notCompared
  /// No pair was left to score.
  case nothingToScore
}

extension CLIPScoreError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .notFinite(let id, let what, let model):
      "id \"\(id)\": the embedding of its \(what) holds a value that is not a number; "
        + "check the weights of \(model), or try --precision f32."
    case .noReferences(let id):
      "id \"\(id)\" has no references, and RefCLIPScore needs at least one; "
        + "add one to the references, or leave refclipscore out of --metrics."
    case .notEmbedded(let id, let what, let reason):
      "id \"\(id)\": its \(what) cannot be embedded: \(reason)"
    case .wrongShape(let model, let expected, let found):
      "the embedder \(model) returned \(found) where \(expected) was expected; correct the embedder."
    case .notCompared:
      "the captions have not been compared with their images; score them with CaptionEvaluation and an embedder."
    case .nothingToScore:
      "no pair of an image and a caption was left to score; see the items that were skipped."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
