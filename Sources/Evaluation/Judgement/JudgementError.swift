public import Foundation

/// What can be wrong with judgements, and with scores that are to be compared with them.
public enum JudgementError: Error, Equatable {
  /// There is no set of this name.
  case unknownSet(name: String, nearest: String?)
  /// The folder of a set lacks a file.
  case missingFile(set: String, folder: String, expected: String)
  /// A file breaks the rules of its format.
  case malformed(file: String, line: Int?, problem: String)
  /// A value is no number.
  case notANumber(file: String, line: Int, key: String, found: String)
  /// A value is missing: `null`, NaN, or a caption without words.
  case missing(file: String, line: Int, id: String, key: String, expected: String, found: String)
  /// A judgement is about a caption, or an image, that another file should have and has not.
  case unknown(file: String, line: Int, what: String, id: String, missingIn: String)
  /// Two entries have one id.
  case duplicateID(file: String, line: Int, id: String, firstLine: Int)
  /// A file has ratings and preferences.
  case mixed(file: String, line: Int)
  /// No judgement is left.
  case nothingToJudge(file: String)
  /// A file of scores lacks some captions.
  case missingScores(file: String, ids: [String], count: Int, of: Int)
  /// Captions are without references although a metric needs them.
  case noReferences(set: String, id: String, count: Int)
  /// Two metrics have one name.
  case sameName(String)
}

extension JudgementError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: the file, the place, and what to do next.
  public var description: String {
    switch self {
    case .unknownSet(let name, let nearest):
      return "there is no set of judgements called \"\(name)\"; "
        + (nearest.map { "did you mean \($0)? There are " } ?? "choose from ")
        + JudgementProtocol.allCases.map(\.rawValue).joined(separator: ", ")
        + ", or give a .jsonl file of your own."
    case .missingFile(let set, let folder, let expected):
      return "\(folder): \(set) needs \(expected) there; name the folder that holds it with --data."
    case .malformed(let file, let line, let problem):
      return "\(Self.place(file, line)): \(problem)."
    case .notANumber(let file, let line, let key, let found):
      return "\(Self.place(file, line)): \"\(key)\" is \(found) where a number must be; correct it, or take "
        + "the line out."
    case .missing(let file, let line, let id, let key, let expected, let found):
      return
        "\(Self.place(file, line)), id \"\(id)\": \"\(key)\" is \(found) where \(expected) must be; correct it, or "
        + "skip the item with --keep-going."
    case .unknown(let file, let line, let what, let id, let missingIn):
      return "\(Self.place(file, line)): the \(what) \"\(id)\" is not in \(missingIn); give the files that "
        + "belong together."
    case .duplicateID(let file, let line, let id, let firstLine):
      return "\(Self.place(file, line)): id \"\(id)\" is already on line \(firstLine); keep one of them."
    case .mixed(let file, let line):
      return "\(Self.place(file, line)): the line has another kind of judgement than those before; keep "
        + "ratings and preferences in files of their own."
    case .nothingToJudge(let file):
      return "\(file): no judgement is in it; give at least two captions with ratings, or a pair."
    case .missingScores(let file, let ids, let count, let all):
      let shown = ids.map { "\"\($0)\"" }.joined(separator: ", ")
      return "\(file): \(count) of \(all) captions have no score: \(shown)"
        + (count > ids.count ? " and \(count - ids.count) more" : "")
        + "; score all that --items lists."
    case .noReferences(let set, let id, let count):
      return "\(set): \(count) caption\(count == 1 ? " has" : "s have") no references, the first is "
        + "\"\(id)\"; add them, or choose metrics that need none."
    case .sameName(let name):
      return "two metrics are called \"\(name)\"; give one another name with --name."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }

  private static func place(_ file: String, _ line: Int?) -> String {
    line.map { "\(file), line \($0)" } ?? file
  }
}
