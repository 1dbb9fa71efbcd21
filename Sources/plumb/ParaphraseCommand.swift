import ArgumentParser
import CaptionMetrics
import Compute
import Foundation
import Paraphrase

/// `plumb paraphrase`.
struct ParaphraseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paraphrase",
    abstract: "Reword captions in two steps: plainly, and once more in other words.",
    discussion: """
        plumb paraphrase Flickr8k.token.txt --source references --output P.jsonl
        plumb paraphrase captions.txt --source rules --output P.jsonl
        plumb paraphrase annotations.csv --column caption --id-column file --source rules --output P.jsonl

      Captions: .txt with one a line, .csv, .tsv, .jsonl, COCO annotations, Flickr's token files; .gz too. Each line of \
      the output has a caption, its plain rewording x′ and a rewording of that in other words, x″:

        {"id": "1.jpg", "caption": "…", "plain": "…", "paraphrase": "…", "model": "…", "prompts": "1", "tokens": 57}

      --source references takes two other captions of the same picture (one, and no x′, where there are but two). \
      --source rules exchanges words by part of speech and moves phrases; it knows some hundred words, understands \
      nothing and leaves captions out that its rules do not know. Both work offline, and the same --seed gives the same.

      The published settings take captions of 2 to 15 words: --words 2...15
      """)

  /// Where rewordings come from.
  enum Source: String, ExpressibleByArgument, CaseIterable {
    case references, rules
  }

  @Argument(help: "Captions.")
  var captions: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The .jsonl file to write.", valueName: "file"))
  var output: String

  @Option(help: "Where rewordings come from.")
  var source: Source

  @Option(help: ArgumentHelp("The captions' column by name or number, or their key.", valueName: "name"))
  var column: String?

  @Option(help: ArgumentHelp("The ids' column or key; the line's number without one.", valueName: "name"))
  var idColumn: String?

  @Option(help: ArgumentHelp("Only captions of so many words, such as 2...15.", valueName: "range"))
  var words: WordRange?

  @Option(help: ArgumentHelp("Which of several rewordings are taken.", valueName: "number"))
  var seed: UInt64 = 0

  @Flag(help: "Leave out what cannot be read, list it, and end with status 2.")
  var keepGoing = false

  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    var source = try SourceCaptions(
      contentsOf: URL(fileURLWithPath: captions), columns: .init(caption: column, id: idColumn),
      keepGoing: keepGoing)
    if let words { try source.keep(words: words.range) }
    let rewordings: OfflineRewordings
    switch self.source {
    case .references: rewordings = try .references(source, seed: seed)
    case .rules: rewordings = .rules(source, seed: seed)
    }
    try RewordingFile.write(rewordings.lines, to: URL(fileURLWithPath: output))
    let name = self.source.rawValue
    var leftOut = rewordings.leftOut
    if source.outsideWords > 0 { leftOut.append(("outside --words", source.outsideWords)) }
    let report = RewordingReport(
      output: output, source: name, model: name, prompts: rewordings.lines.first?.prompts ?? "1",
      captions: source.captions.count + source.outsideWords, lines: rewordings.lines, leftOut: leftOut)
    if json {
      try Output.line(report.json.text(isIndented: true))
    } else {
      for line in report.lines { try Output.line(line) }
    }
    try Output.end(leftOut: source.leftOut)
  }
}

/// A range of numbers of words: `2...15`, `2...`, `...15`.
struct WordRange: ExpressibleByArgument {
  let range: ClosedRange<Int>

  init?(argument: String) {
    let parts = argument.components(separatedBy: "...")
    guard parts.count == 2, !(parts[0].isEmpty && parts[1].isEmpty) else { return nil }
    guard let low = parts[0].isEmpty ? 1 : Int(parts[0]), let high = parts[1].isEmpty ? .max : Int(parts[1]),
      low >= 1, low <= high
    else { return nil }
    range = low...high
  }
}
