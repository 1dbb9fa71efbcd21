import Foundation

/// The command lines that the documentation prints.
struct DocumentedCommand: CustomStringConvertible {
  /// The page, the command whose help it is, or the recipe.
  let source: String
  /// The line, continued lines joined.
  let line: String
  /// Variables before the command.
  let environment: [String: String]
  /// The arguments of plumb.
  let arguments: [String]
  /// What is piped to it.
  let input: String

  var description: String { "\(source): \(line)" }

  /// Reads a line; nil where no plumb is called.
  init?(_ line: String, source: String) {
    self.source = source
    self.line = line.trimmingCharacters(in: .whitespaces)
    var words = Self.words(self.line)
    input = words.first == "echo" && words.count > 2 ? words[1] + "\n" : ""
    if let pipe = words.lastIndex(of: "|") { words.removeFirst(pipe + 1) }
    var environment: [String: String] = [:]
    while let word = words.first, let match = word.wholeMatch(of: /([A-Z_]+)=(.*)/) {
      environment[String(match.1)] = String(match.2)
      words.removeFirst()
    }
    if words.first == "torchrun", let plumb = words.firstIndex(of: "plumb") { words.removeFirst(plumb) }
    guard let command = words.first, command == "plumb" || command == "bin/plumb", words.count > 1 else {
      return nil
    }
    self.environment = environment
    arguments = words.dropFirst().filter { !$0.hasPrefix("<") && !$0.hasPrefix(">") }.map {
      $0.replacing("$DATA", with: "/data")
    }
  }

  /// The words of a line as a shell has them: quotes, and what follows a `#` is a comment.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let word { words.append(word) }
        word = nil
      } else if character == "#", word == nil {
        return words
      } else {
        word = (word ?? "") + String(character)
      }
    }
    return words + (word.map { [$0] } ?? [])
  }

  /// Those of a text: of all lines, or only of the blocks of code of a page.
  static func commands(in text: String, source: String, isPage: Bool) -> [DocumentedCommand] {
    var commands: [DocumentedCommand] = []
    var isFenced = false
    var begun = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if isPage, line.hasPrefix("```") {
        isFenced.toggle()
        continue
      }
      guard !isPage || isFenced || line.hasPrefix("    ") else { continue }
      if line.hasSuffix("\\") {
        begun += line.dropLast() + " "
        continue
      }
      if let command = DocumentedCommand(begun + line, source: source) { commands.append(command) }
      begun = ""
    }
    return commands
  }

  /// All that the package prints: README and its kin, `docs`, DocC articles, the comments of recipes, and help.
  static func all() throws -> [DocumentedCommand] {
    let root = CommandRun.package
    var commands: [DocumentedCommand] = []
    for folder in ["", "docs", "Sources", "Models", "Recipes"] {
      let place = root.appendingPathComponent(folder)
      let names =
        folder.isEmpty
        ? try FileManager.default.contentsOfDirectory(atPath: place.path)
        : FileManager.default.enumerator(atPath: place.path)?.compactMap { $0 as? String } ?? []
      for name in names.sorted()
      where name.hasSuffix(".md") || (folder == "Recipes" && name.hasSuffix(".yaml")) {
        var text = try String(contentsOf: place.appendingPathComponent(name), encoding: .utf8)
        let isPage = name.hasSuffix(".md")
        if !isPage {
          text = text.split(separator: "\n").filter { $0.hasPrefix("#   ") }.map { $0.dropFirst() }
            .joined(separator: "\n")
        }
        commands += Self.commands(
          in: text, source: folder.isEmpty ? name : "\(folder)/\(name)", isPage: isPage)
      }
    }
    let help = try json(CommandRun(["--experimental-dump-help"]).output)
    func look(_ command: [String: Any], _ path: String) {
      commands += Self.commands(
        in: command["discussion"] as? String ?? "", source: "\(path) --help", isPage: false)
      for child in command["subcommands"] as? [[String: Any]] ?? [] {
        look(child, "\(path) \(child["commandName"] as? String ?? "")")
      }
    }
    look(help["command"] as? [String: Any] ?? [:], "plumb")
    return commands
  }
}
