public import Foundation

/// What can be wrong with the inputs of an explanation.
public enum ExplanationError: Error, Equatable {
  /// A line of a file of alternatives holds no two words to choose between.
  case tooFewWords(file: String, line: Int, found: Int)
  /// A file of alternatives has no line of words.
  case noKinds(file: String)
  /// An image or a caption could not be embedded.
  case notEmbedded(id: String, what: String, reason: String)
  /// No caption is left to explain.
  case nothingToExplain
  /// No caption of a file has a noun that can be swapped.
  case nothingToSwap(file: String)
  /// A file of FOIL has no foil whose word is in its caption.
  case noFoils(file: String)
}

extension ExplanationError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .tooFewWords(let file, let line, let found):
      "\(file), line \(line): a line must have two or more words of one kind, with commas or blanks between, and this one "
        + "has \(found); add words, or remove the line."
    case .noKinds(let file):
      "\(file): there is no line of words in it; write the words of one kind on a line, such as: sedan, hatchback, coupe."
    case .notEmbedded(let id, let what, let reason):
      "id \"\(id)\": its \(what) cannot be embedded (\(reason)); correct it, or skip the caption with --keep-going."
    case .nothingToExplain:
      "no caption was left to explain; see the items that were skipped."
    case .nothingToSwap(let file):
      "\(file): no caption has a noun that could be swapped for another of its kind; give English captions of images."
    case .noFoils(let file):
      "\(file): no annotation has \"foil\": true and a \"foil_word\" that is in its caption; give a file of FOIL."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
