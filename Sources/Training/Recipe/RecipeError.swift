public import Foundation

/// Where something stands: on a line of a recipe, or in a setting of the command line.
public enum RecipePlace: Sendable, Equatable, CustomStringConvertible {
  /// A line of a file, counted from one.
  case line(file: String, line: Int)
  /// A setting as it was given, with the option's name.
  case setting(String)

  /// The place in words: `student.yaml, line 3` or `--set stages[0].epochs=x`.
  public var description: String {
    switch self {
    case .line(let file, let line): "\(file), line \(line)"
    case .setting(let setting): setting
    }
  }
}

/// What can be wrong with a recipe.
public enum RecipeError: Error, Equatable {
  /// The file cannot be opened or read.
  case unreadable(file: String, reason: String)
  /// The file breaks the rules of YAML, or uses a part of it that recipes do not.
  case malformed(file: String, line: Int, problem: String)
  /// A value is of another kind, or outside its range.
  case wrongValue(at: RecipePlace, path: String, expected: String, found: String)
  /// A key that must be there is not; `similar` is one that is there and like it.
  case missing(at: RecipePlace, path: String, similar: String?)
  /// A key that no one knows; `nearest` is a known one that is like it.
  case unknownKey(at: RecipePlace, path: String, nearest: String?, known: [String])
  /// A key by the name that another training program gives it; `unit` is how ours counts where theirs counts otherwise.
  case otherName(at: RecipePlace, path: String, key: String, unit: String?)
  /// What stands in `${…}` is no variable.
  case badVariable(at: RecipePlace, problem: String)
  /// A variable in `${…}` has no value.
  case noVariable(at: RecipePlace, path: String, name: String)
  /// A setting of the command line makes no sense; it has the option's name.
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
    case .wrongValue(let place, let path, let expected, let found):
      return "\(place): \(path) should be \(expected), found \(found). Correct it."
    case .missing(let place, let path, let similar):
      let hint = similar.map { "; did you mean it by \"\($0)\"?" } ?? ". Add it."
      return "\(place): \(path) is missing\(hint)"
    case .unknownKey(let place, let path, let nearest, let known):
      let list = known.map { "\"\($0)\"" }.joined(separator: ", ")
      let hint = nearest.map { "did you mean \"\($0)\"?" } ?? "what can stand there is: \(list)."
      return "\(place): \(path) is not known; \(hint)"
    case .otherName(let place, let path, let key, let unit):
      return "\(place): there is no key \"\(path)\"; it is called \"\(key)\"\(unit.map { " (\($0))" } ?? "")."
    case .badVariable(let place, let problem):
      return "\(place): \(problem). Correct it."
    case .noVariable(let place, let path, let name):
      return
        "\(place): \(path) uses ${\(name)}, which is not set. Set the variable \(name) in the "
        + "environment, or \(path) with --set \(path)=…."
    case .badSetting(let setting, let problem):
      return "\(setting): \(problem). Write it as path=value, such as stages[0].epochs=3."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
