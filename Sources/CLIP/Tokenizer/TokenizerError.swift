public import Foundation

/// Why a tokenizer could not be loaded, or a text not be tokenized.
public enum TokenizerError: Error, Equatable, Sendable {
  /// There is no tokenizer at this place.
  case missing(file: String, expected: String)
  /// A file could not be read.
  case unreadable(file: String, reason: String)
  /// A file is larger than any tokenizer.
  case tooLarge(file: String, limit: Int)
  /// A file is damaged, or is something else.
  case malformed(file: String, place: String, expected: String, found: String)
  /// A web page or a Git LFS pointer lies where the file should be; `remedy` says what to do.
  case placeholder(file: String, what: String, remedy: String)
  /// A file that should be JSON is not.
  case notJSON(file: String, offset: Int, problem: String)
  /// A sound file that describes another kind of tokenizer than CLIP's.
  case unsupported(file: String, key: String, expected: String, found: String)
  /// A text has more tokens than the context holds, and cutting it was forbidden.
  case textTooLong(text: String, tokenCount: Int, contextLength: Int)
  /// A context that has no room for the tokens of the start and the end.
  case contextTooShort(contextLength: Int)
  /// A vocabulary that is too small for the bytes, or larger than any that is read.
  case impossibleSize(size: Int, least: Int, most: Int)
  /// A tokenizer's file that would be written over.
  case alreadyThere(file: String)
  /// A folder that cannot be made.
  case unwritable(folder: String, reason: String)
}

extension TokenizerError: LocalizedError, CustomStringConvertible {
  /// One sentence that says what is wrong, and what to do.
  public var description: String {
    switch self {
    case .missing(let file, let expected):
      "\(file): no tokenizer there: expected \(expected); copy the tokenizer files of the checkpoint to this place."
    case .unreadable(let file, let reason):
      "\(file): cannot be read (\(reason)); check the path and the permissions."
    case .tooLarge(let file, let limit):
      "\(file): holds more than \(limit / (1 << 20)) MB, which no CLIP tokenizer does; check that it is the right file."
    case .malformed(let file, let place, let expected, let found):
      "\(file): expected \(expected) \(place), found \(found); download the file again."
    case .placeholder(let file, let what, let remedy):
      "\(file): is \(what); \(remedy)."
    case .notJSON(let file, let offset, let problem):
      "\(file): is damaged at byte \(offset): \(problem); download the file again."
    case .unsupported(let file, let key, let expected, let found):
      "\(file): \(key) is \(found), but CLIP's tokenizer has \(expected); use a checkpoint with CLIP's byte-pair encoding."
    case .textTooLong(let text, let tokenCount, let contextLength):
      "\"\(text)\" has \(tokenCount) tokens, but the context holds \(contextLength): shorten it, or allow cutting."
    case .contextTooShort(let contextLength):
      "a context of \(contextLength) tokens has no room for a text's start and end: ask for 2 at least, usually 77."
    case .impossibleSize(let size, let least, let most):
      "a vocabulary of \(size) tokens cannot be made: ask for \(least) (the bytes, and a text's start and end) to \(most)."
    case .alreadyThere(let file):
      "\(file): there is a tokenizer already; name a folder without one."
    case .unwritable(let folder, let reason):
      "\(folder): cannot be made (\(reason)); check the path and the permissions."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
