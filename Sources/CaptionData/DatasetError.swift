public import Foundation

/// What can be wrong with candidates, references and images.
public enum DatasetError: Error, Equatable {
  /// A file or folder cannot be opened or read.
  case unreadable(file: String, reason: String)
  /// A file holds nothing, or nothing but blanks.
  case empty(file: String)
  /// A file is not UTF-8 text.
  case notText(file: String, found: String, remedy: String)
  /// A file breaks the rules of its format.
  case malformed(file: String, line: Int, problem: String, remedy: String)
  /// A table or a row has no column for the ids or for the captions.
  case missingColumn(file: String, line: Int, expected: String, found: [String], option: String?)
  /// A column or key that was asked for is not there.
  case noColumn(file: String, line: Int, column: String, found: [String], option: String?)
  /// A split that was asked for is not there.
  case noSplit(file: String, split: String, found: [String])
  /// A value is of another type than it must be.
  case wrongType(file: String, line: Int, id: String?, key: String, expected: String, found: String)
  /// An element of a list of texts is no text.
  case wrongElement(file: String, line: Int, index: Int, found: String)
  /// Two candidates have one id.
  case duplicateID(file: String, line: Int, id: String, firstLine: Int)
  /// A candidate has no references.
  case noReferences(file: String, line: Int, id: String, references: String)
  /// A candidate has no image.
  case noImage(id: String, folder: String, hint: String?)
  /// A candidate has several images, or references under several names.
  case ambiguous(id: String, place: String, what: String, matches: [String])
  /// No candidate is left.
  case noCandidates(file: String)
}

extension DatasetError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: the file, the place, the id, and what to do next.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      return "\(file): cannot be read: \(reason)."
    case .empty(let file):
      return "\(file): the file is empty; give a file with captions in it."
    case .notText(let file, let found, let remedy):
      return "\(file): the file is \(found), not UTF-8 text; \(remedy)."
    case .malformed(let file, let line, let problem, let remedy):
      return "\(file), line \(line): \(problem); \(remedy)."
    case .missingColumn(let file, let line, let expected, let found, let option):
      return "\(file), line \(line): there is no column for \(expected) among \(Self.list(found)); name it "
        + (expected == ColumnRole.identifierText ? "\"id\" or \"image_id\"" : "\"caption\" or \"reference\"")
        + (option.map { ", or say which it is with \($0)." } ?? ".")
    case .noColumn(let file, let line, let column, let found, let option):
      return "\(file), line \(line): there is no \"\(column)\" among \(Self.list(found)); give one of them"
        + (option.map { " with \($0), by name or by number." } ?? ".")
    case .noSplit(let file, let split, let found):
      return found.isEmpty
        ? "\(file): it does not divide its images into splits; leave --split out."
        : "\(file): there is no split \"\(split)\" among \(Self.list(found)); choose from these with --split."
    case .wrongType(let file, let line, let id, let key, let expected, let found):
      return "\(file), line \(line)\(id.map { ", id \"\($0)\"" } ?? ""): \"\(key)\" is \(found) where "
        + "\(expected) must be; correct it, or leave the item out with --keep-going."
    case .wrongElement(let file, let line, let index, let found):
      return
        "\(file), line \(line): text \(index + 1) is \(found) where a caption in quotes must be; correct it, or "
        + "leave it out with --keep-going."
    case .duplicateID(let file, let line, let id, let firstLine):
      return "\(file), line \(line): id \"\(id)\" already has a candidate"
        + (firstLine == line ? "" : " on line \(firstLine)")
        + "; keep one caption an id, or the first with --keep-going."
    case .noReferences(let file, let line, let id, let references):
      return "\(file), line \(line): id \"\(id)\" has no references in \(references); add them, or leave the "
        + "item out with --keep-going."
    case .noImage(let id, let folder, let hint):
      let name = NameIndex.stem(id) != nil ? "\"\(id)\"" : "\"\(id).jpg\" or another image of that name"
      return
        "id \"\(id)\" has no image in \(folder)\(hint.map { " (\($0))" } ?? ""); add \(name), or leave "
        + "the item out with --keep-going."
    case .ambiguous(let id, let place, let what, let matches):
      return "id \"\(id)\" fits several \(what) in \(place): \(Self.list(matches)); write the full name as "
        + "the id, or remove all but one."
    case .noCandidates(let file):
      return "\(file): no candidate is left to score; correct the file, or see what was skipped."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }

  /// Up to eight quoted names, with commas.
  private static func list(_ names: [String]) -> String {
    if names.isEmpty { return "no names at all" }
    let shown = names.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }
}

extension DatasetError {
  /// The id that the error is about, where there is one.
  package var id: String? {
    switch self {
    case .wrongType(_, _, let id, _, _, _): id
    case .duplicateID(_, _, let id, _), .noReferences(_, _, let id, _), .noImage(let id, _, _),
      .ambiguous(let id, _, _, _):
      id
    case .unreadable, .empty, .notText, .malformed,
      .missingColumn, .noColumn, .noSplit, .wrongElement, .noCandidates:
      nil
    }
  }
}

extension DatasetError {
  /// Whether the work can go on without the item that the error is about.
  package var isAboutOneItem: Bool { id != nil }
}
