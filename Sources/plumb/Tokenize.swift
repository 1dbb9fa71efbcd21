import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
import Foundation
import JSON
import TextProcessing

/// `plumb tokenize`.
struct Tokenize: ParsableCommand {
  /// The tokenizers.
  enum Tokenizer: String, ExpressibleByArgument, CaseIterable {
    case clip
    case ptb
  }

  static let configuration = CommandConfiguration(
    abstract: "Print the tokens of captions.",
    discussion: """
      clip prints the token ids that a model's text tower reads, truncated to its context length; ptb prints the Penn \
      Treebank tokens that BLEU, ROUGE-L and CIDEr count.

        plumb tokenize --with clip captions.txt
        plumb tokenize --with ptb captions.txt --json

      --json prints a list with a list of token ids or tokens for each caption.

      \(captionLayouts)
      """)

  @Option(name: .customLong("with"), help: "Tokenizer.")
  var tokenizer: Tokenizer

  @Option(help: "Model or tokenizer file of --with clip (default: mini, which comes with Plumb).")
  var model: String?

  @Argument(help: ArgumentHelp("Caption file. \(standardInputHelp)", valueName: "file"))
  var file: String

  @OptionGroup(title: "Columns")
  var captions: CaptionOptions

  @Flag(help: "Skip captions that are missing or cannot be read, list them, and exit with status 2.")
  var keepGoing = false

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Treat a text that is longer than the context length as an error instead of truncating it.")
  var strict = false

  @Flag(
    name: .customLong("no-truncation"),
    help: "Print all tokens of a text that is longer than the context length.")
  var whole = false

  func validate() throws {
    guard tokenizer == .clip || (model == nil && !strict && !whole) else {
      throw ValidationError("--model, --strict and --no-truncation need --with clip.")
    }
    guard !(strict && whole) else {
      throw ValidationError("--strict and --no-truncation exclude each other.")
    }
  }

  func run() throws {
    let list = try CaptionList(
      contentsOf: inputFile(file), selection: captions.selection, keepGoing: keepGoing)
    let texts = list.texts
    switch tokenizer {
    case .ptb:
      let words = PTBTokenizer().tokenize(texts)
      try show(words, as: { JSONValue.string($0) }, plainly: \.self)
    case .clip:
      try show(clipTokens(texts), as: { JSONValue.integer(Int($0)) }, plainly: { "\($0)" })
    }
    try Output.end(skipped: list.skipped)
  }

  private func clipTokens(_ texts: [String]) throws -> [[Int32]] {
    let tokenizer = try CLIPTokenizer.load(from: ModelLocator.resolve(model ?? NamedModel.builtIn))
    if model == nil {
      Output.note(
        "no --model was given: the tokenizer of \(NamedModel.builtIn), which comes with Plumb, was used.")
    }
    let contextLength = tokenizer.modelMaxLength ?? 77
    var cut = 0
    let tokens = try texts.map { text in
      if whole { return tokenizer.encode(text) }
      let tokenized = try tokenizer.tokenize(text, contextLength: contextLength, strict: strict)
      cut += tokenized.isTruncated ? 1 : 0
      return tokenized.ids
    }
    if cut > 0 { Output.note("\(cut) of \(texts.count) texts were truncated to \(contextLength) tokens.") }
    return tokens
  }

  private func show<Token>(
    _ rows: [[Token]], as value: (Token) -> JSONValue, plainly text: (Token) -> String
  ) throws {
    if json {
      try Output.line("[")
      for (index, row) in rows.enumerated() {
        try Output.line(
          "  " + JSONValue.array(row.map(value)).text() + (index + 1 < rows.count ? "," : ""))
      }
      try Output.line("]")
    } else {
      for row in rows { try Output.line(row.map(text).joined(separator: " ")) }
    }
  }
}
