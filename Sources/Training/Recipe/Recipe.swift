import Files
public import Foundation

/// A recipe: a YAML file that says what is trained, on what data, and how.
///
/// ```swift
/// let recipe = try Recipe(contentsOf: url, settings: ["data.images=/photos"])
/// let keys = try recipe.root.keys()
/// let epochs = try keys.int("epochs", in: 1...1000, default: 10)
/// try keys.end()                               // refuses keys that nobody asked for
/// ```
///
/// `${NAME}` and `${NAME:-otherwise}` in texts stand for variables. Relative paths start from the recipe's folder; those of
/// settings, of variables and of a recipe from standard input from where the user is.
public struct Recipe: Sendable {
  /// The file as the user named it.
  public let name: String
  /// The whole of it.
  public let root: RecipeNode

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - settings: values that replace or add those of the file: `data.images=/photos`, `stages[1].epochs=2`.
  ///   - settingsName: what messages call a setting.
  ///   - settingsFolder: where relative paths of settings start; where the user is by default.
  ///   - variables: the values of `${NAME}`.
  /// - Throws: ``RecipeError``.
  public init(
    contentsOf url: URL, settings: [String] = [], settingsName: String = "--set", settingsFolder: URL? = nil,
    variables: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    let name = url.relativePath
    var status = stat()
    guard stat(url.path, &status) == 0 else {
      throw RecipeError.unreadable(file: name, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw RecipeError.unreadable(file: name, reason: "it is not a file")
    }
    guard status.st_size <= RecipeText.sizeLimit else {
      throw RecipeError.malformed(
        file: name, line: 1, problem: "a recipe has at most \(RecipeText.sizeLimit >> 10) KiB")
    }
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw RecipeError.unreadable(file: name, reason: systemReason(of: error))
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw RecipeError.malformed(file: name, line: 1, problem: "the file is not UTF-8 text")
    }
    try self.init(
      text: text, name: name,
      folder: url.path == StandardInput.path ? URL(fileURLWithPath: ".") : url.deletingLastPathComponent(),
      settings: settings,
      settingsName: settingsName, settingsFolder: settingsFolder, variables: variables)
  }

  /// Reads a text; messages call it `name`, and relative paths start from `folder`.
  ///
  /// - Throws: ``RecipeError``.
  public init(
    text: String, name: String, folder: URL, settings: [String] = [], settingsName: String = "--set",
    settingsFolder: URL? = nil, variables: [String: String] = [:]
  ) throws {
    self.name = name
    guard var value = try RecipeText(name: name).parse(text), !value.isNull else {
      throw RecipeError.malformed(file: name, line: 1, problem: "the recipe is empty")
    }
    for setting in settings { try RecipeSetting(setting, option: settingsName).apply(to: &value) }
    root = RecipeNode(
      value: value, path: "",
      context: RecipeContext(
        file: name, folder: folder, settingsFolder: settingsFolder ?? URL(fileURLWithPath: "."),
        variables: variables))
  }
}

/// What all values of a recipe share.
final class RecipeContext: Sendable {
  let file: String
  let folder: URL
  let settingsFolder: URL
  let variables: [String: String]

  init(file: String, folder: URL, settingsFolder: URL, variables: [String: String]) {
    self.file = file
    self.folder = folder
    self.settingsFolder = settingsFolder
    self.variables = variables
  }

  /// Whether a text begins with a variable that has a value of its own.
  func beginsWithVariable(_ text: String) -> Bool {
    guard text.hasPrefix("${") else { return false }
    let name = text.dropFirst(2).prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    return variables[String(name)]?.isEmpty == false
  }
}
