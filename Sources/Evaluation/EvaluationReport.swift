public import CaptionMetrics
public import JSON

/// What an evaluation comes to: a table for people, JSON for programs, and where the numbers come from.
public struct EvaluationReport: Sendable {
  /// A line of the table.
  public struct Line: Sendable, Equatable {
    /// What the numbers are about.
    public var label: String
    /// A number for each column, as it is to be read.
    public var cells: [String]

    /// Creates a line.
    public init(_ label: String, _ cells: [String]) {
      self.label = label
      self.cells = cells
    }
  }

  /// What was evaluated, in one line.
  public var title: String
  /// The names of the columns.
  public var columns: [String]
  /// The lines of the table.
  public var lines: [Line]
  /// How to read the numbers, below the table.
  public var legend: String
  /// More to be read below the table, each with a label.
  public var remarks: [(label: String, text: String)] = []
  /// The members of the JSON document before `provenance`.
  public var results: [JSONValue.Member]
  /// Where the numbers come from.
  public var provenance: Provenance

  /// Creates a report.
  package init(
    title: String, columns: [String], lines: [Line], legend: String,
    remarks: [(label: String, text: String)] = [], results: [JSONValue.Member], provenance: Provenance
  ) {
    self.title = title
    self.columns = columns
    self.lines = lines
    self.legend = legend
    self.remarks = remarks
    self.results = results
    self.provenance = provenance
  }

  /// The table, at most 80 columns wide but for names and reasons.
  public func table() -> String {
    var text = [title, ""] + alignedLines([[""] + columns] + lines.map { [$0.label] + $0.cells }, first: 12)
    text += [""] + Provenance.noteLines("reading", legend)
    text += remarks.flatMap { Provenance.noteLines($0.label, $0.text) } + provenance.notes
    return text.joined(separator: "\n") + "\n"
  }

  /// The table in Markdown, with the notes as a list below it.
  public func markdown() -> String {
    func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    var text = ["## \(Self.escaped(title))", "", row([""] + columns.map(Self.escaped))]
    text.append(row(["---"] + columns.map { _ in "---:" }))
    text += lines.map { line in row(([line.label] + line.cells).map(Self.escaped)) }
    let notes = [("reading", legend)] + remarks.map { ($0.label, $0.text) } + provenance.labelledNotes
    text +=
      [""] + notes.map { $0.0.isEmpty ? "  - \(Self.escaped($0.1))" : "- \($0.0): \(Self.escaped($0.1))" }
    return text.joined(separator: "\n") + "\n"
  }

  /// A text in which nothing has a meaning for Markdown that is not meant.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "|", "\\", "`", "*", "_", "<": escaped += "\\\(character)"
      // Never the beginning of a link.
      case "(" where escaped.last == "]": escaped += "\\("
      case _ where character.isWhitespace: escaped += escaped.last == " " ? "" : " "
      default: escaped.append(character)
      }
    }
    return escaped
  }

  /// The JSON document, indented.
  ///
  /// - Throws: what ``JSON/JSONValue/text(isIndented:)`` throws for a number that JSON does not have.
  public func json() throws -> String {
    try JSONValue.object(results + [.init("provenance", provenance.json)]).text(isIndented: true)
  }
}
