public import Foundation
import TextProcessing

/// A value of a recipe that knows its path and its line, so that what is wrong with it can be said.
public struct RecipeNode: Sendable {
  let value: RecipeValue
  let context: RecipeContext
  /// Where the value is: `stages[1].loss.sr.weight`; empty for the whole recipe.
  public let path: String

  init(value: RecipeValue, path: String, context: RecipeContext) {
    self.value = value
    self.path = path
    self.context = context
  }

  /// The line on which it begins, counted from one.
  public var line: Int { value.line }

  /// Where it stands.
  public var place: RecipePlace { place(line: line, setting: value.setting) }

  func place(line: Int, setting: String?) -> RecipePlace {
    setting.map(RecipePlace.setting) ?? .line(file: context.file, line: line)
  }

  /// The error for a value that is not what was expected; for checks of your own.
  public func refused(_ expected: String) -> RecipeError {
    .wrongValue(
      at: place, path: title, expected: expected, found: value.summary)
  }

  private var title: String { path.isEmpty ? "the recipe" : path }

  /// The keys of a mapping.
  ///
  /// - Throws: ``RecipeError`` for anything else.
  public func keys() throws -> RecipeKeys {
    guard case .mapping(let members) = value.content else { throw refused("keys with values") }
    return RecipeKeys(members, of: self)
  }

  /// The elements of a list.
  ///
  /// - Throws: ``RecipeError`` for anything else.
  public func list() throws -> [RecipeNode] {
    guard case .list(let elements) = value.content else { throw refused("a list") }
    return elements.enumerated().map { index, element in
      RecipeNode(value: element, path: "\(path)[\(index)]", context: context)
    }
  }

  /// The elements of a list, or a value that stands alone.
  public func listOrOne() throws -> [RecipeNode] {
    if case .list = value.content { return try list() }
    return [self]
  }

  /// A text, its variables replaced.
  ///
  /// - Throws: ``RecipeError`` for anything else.
  public func string() throws -> String {
    guard case .scalar(let text, _) = value.content, !value.isNull else { throw refused("a text") }
    return try RecipeVariables(context: context, path: title, place: place).replaced(in: text)
  }

  /// A text as it is written, its variables not replaced.
  ///
  /// - Throws: ``RecipeError`` for anything else.
  public func written() throws -> String {
    guard case .scalar(let text, _) = value.content, !value.isNull else { throw refused("a text") }
    return text
  }

  /// The text of a number or a word, which must not stand in quotes; variables are replaced.
  private func plain(_ expected: String) throws -> String {
    guard case .scalar(let text, let isPlain) = value.content, !value.isNull, isPlain || text.contains("${")
    else { throw refused(expected) }
    return try string()
  }

  /// A whole number.
  ///
  /// - Throws: ``RecipeError`` for anything else, and for one outside `range`.
  public func int(in range: ClosedRange<Int> = Int.min...Int.max) throws -> Int {
    let expected = Self.expected("a whole number", range, whole: Int.min...Int.max)
    let text = try plain(expected).replacing("_", with: "")
    // 1e6 is a whole number too.
    let exact = Int(text) ?? Double(text).flatMap { $0.magnitude < 1e15 ? Int(exactly: $0) : nil }
    guard let number = exact, range.contains(number) else { throw refused(expected) }
    return number
  }

  /// A number.
  ///
  /// - Throws: ``RecipeError`` for anything else, for one that is not finite, and for one outside `range`.
  public func number(in range: ClosedRange<Double> = -.infinity ... .infinity) throws -> Double {
    let expected = Self.expected("a number", range, whole: -.infinity ... .infinity)
    guard let number = Double(try plain(expected).replacing("_", with: "")), number.isFinite,
      range.contains(number)
    else { throw refused(expected) }
    return number
  }

  /// `true` or `false`.
  ///
  /// - Throws: ``RecipeError`` for anything else.
  public func bool() throws -> Bool {
    switch try plain("true or false") {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: throw refused("true or false")
    }
  }

  /// A path; `~/` is the home folder. A relative one starts from the recipe's folder where the recipe says it, and from
  /// where the user is where a setting of the command line or a variable at its beginning does.
  ///
  /// - Throws: ``RecipeError`` for anything but a text.
  public func url() throws -> URL {
    let text = try string()
    if text.hasPrefix("~/"), let home = context.variables["HOME"] {
      return URL(fileURLWithPath: home + text.dropFirst())
    }
    guard !text.hasPrefix("/") else { return URL(fileURLWithPath: text) }
    if case .scalar(let written, _) = value.content, context.beginsWithVariable(written) {
      return URL(fileURLWithPath: text)
    }
    let folder = value.setting == nil ? context.folder : context.settingsFolder
    // Messages then name the path as seen from where the user is.
    let start = folder.relativePath
    return URL(fileURLWithPath: start == "." ? text : Self.joined(start, text))
  }

  /// A path in a folder without the `..` that lead out of it again; where the folder is a symbolic link, they lead elsewhere and stay.
  private static func joined(_ folder: String, _ path: String) -> String {
    var (folder, path) = (folder as NSString, path[...])
    while path.hasPrefix("../"), !["", "/", ".", ".."].contains(folder.lastPathComponent),
      (try? FileManager.default.destinationOfSymbolicLink(atPath: folder as String)) == nil
    {
      folder = folder.deletingLastPathComponent as NSString
      path = path.dropFirst(3)
    }
    return folder.appendingPathComponent(String(path))
  }

  /// One of the words that `type` knows.
  ///
  /// - Throws: ``RecipeError`` for anything else, naming the nearest word.
  public func choice<T: CaseIterable & RawRepresentable<String>>(_ type: T.Type = T.self) throws -> T {
    let words = T.allCases.map(\.rawValue)
    let text = try string()
    if let choice = T(rawValue: text) { return choice }
    let list = words.joined(separator: ", ")
    throw refused(
      "one of \(list)" + (NearestName.of(text, among: words).map { " (perhaps \($0))" } ?? ""))
  }

  private static func expected<T: Comparable>(
    _ kind: String, _ range: ClosedRange<T>, whole: ClosedRange<T>
  ) -> String {
    switch (range.lowerBound > whole.lowerBound, range.upperBound < whole.upperBound) {
    case (true, true): "\(kind) from \(range.lowerBound) to \(range.upperBound)"
    case (true, false): "\(kind) of at least \(range.lowerBound)"
    case (false, true): "\(kind) of at most \(range.upperBound)"
    case (false, false): kind
    }
  }
}
