import Foundation
import JSON

/// What a language model is told for one step; `{captions}` in it stands for the captions.
public struct Prompt: Sendable, Equatable {
  /// What its `version:` line says; nil without one.
  public let version: String?
  /// The text without that line.
  public let text: String
  /// What tells it from any other prompt.
  let hash: String

  static let placeholder = "{captions}"

  /// Takes a prompt file apart.
  ///
  /// - Throws: ``ParaphraseError/badPrompt(file:problem:remedy:)``.
  init(_ content: String, file: String) throws {
    var lines = content.split(separator: "\n", omittingEmptySubsequences: false)
    if let first = lines.first, first.hasPrefix("version:") {
      version = first.dropFirst("version:".count).trimmingCharacters(in: .whitespaces)
      lines.removeFirst()
      guard version?.isEmpty == false else {
        throw ParaphraseError.badPrompt(
          file: file, problem: "its version: line is empty",
          remedy: "name a version there, or take the line out")
      }
    } else {
      version = nil
    }
    text = lines.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    hash = TextHash.sha256((version ?? "") + "\u{0}" + text)
    let places = text.components(separatedBy: Self.placeholder).count - 1
    guard places == 1 else {
      throw ParaphraseError.badPrompt(
        file: file, problem: "{captions} is in it \(places) times",
        remedy: "write it once, where the captions are to stand")
    }
  }

  /// A caption that is to be paraphrased.
  struct Item: Sendable, Equatable {
    var caption: String
    /// What was wrong with the last answer.
    var problem: String?
  }

  /// The prompt of a base model with one caption, which is a line of it.
  func filled(with caption: String) -> String {
    text.replacing(Self.placeholder, with: SourceCaptions.singleLine(caption))
  }

  /// The prompt with captions: a JSON list of `{"number": 1, "caption": "…"}`, with `"problem"` where there was one.
  func filled(with items: [Item]) -> String {
    var list = "["
    for (index, item) in items.enumerated() {
      list += index == 0 ? "\n" : ",\n"
      list += " {\"number\": \(index + 1), \"caption\": "
      JSONValue.write(item.caption, to: &list)
      if let problem = item.problem {
        list += ", \"problem\": "
        JSONValue.write(problem, to: &list)
      }
      list += "}"
    }
    return text.replacing(Self.placeholder, with: list + "\n]")
  }
}
