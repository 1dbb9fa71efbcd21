public import Foundation

/// What can be wrong with a recipe.
public enum RecipeError: Error, Equatable {
  /// The file cannot be opened or read.
  case unreadable(file: String, reason: String)
  /// The file breaks the rules of YAML, or uses a part of it that recipes do not.
  case malformed(file: String, line: Int, problem: String)
  /// A value is of another kind, or outside its range.
  case wrongValue(file: String, line: Int, path: String, expected: String, found: String)
  /// A key that must be there is not; `similar` is one that is there and like it.
  case missing(file: String, line: Int, path: String, similar: String?)
  /// A key that no one knows; `nearest` is a known one that is like it.
  case unknownKey(file: String, line: Int, path: String, nearest: String?, known: [String])
  /// A variable in `${…}` has no value.
  case noVariable(file: String, line: Int, path: String, name: String)
  /// A setting of the command line makes no sense.
  case badSetting(setting: String, problem: String)
}

extension RecipeError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: the file, the line, the path, and what to do next.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      return "\(file): cannot be read: \(reason). Check the path and the permissions."
    case .malformed(let file, let line, let problem):
      return "\(file), line \(line): \(problem). Correct the recipe there."
    case .wrongValue(let file, let line, let path, let expected, let found):
      return "\(file), line \(line): \(path) should be \(expected), found \(found). Correct it."
    case .missing(let file, let line, let path, let similar):
      let hint = similar.map { "; did you mean it by \"\($0)\"?" } ?? ". Add it."
      return "\(file), line \(line): \(path) is missing\(hint)"
    case .unknownKey(let file, let line, let path, let nearest, let known):
      let list = known.map { "\"\($0)\"" }.joined(separator: ", ")
      let hint = nearest.map { "did you mean \"\($0)\"?" } ?? "what can stand there is: \(list)."
      return "\(file), line \(line): \(path) is not known; \(hint)"
    case .noVariable(let file, let line, let path, let name):
      return
        "\(file), line \(line): \(path) uses ${\(name)}, which is not set. Set the variable \(name) in the "
        + "environment, or \(path) with --set \(path)=…."
    case .badSetting(let setting, let problem):
      return "--set \(setting): \(problem). Write it as path=value, such as stages[0].epochs=3."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
