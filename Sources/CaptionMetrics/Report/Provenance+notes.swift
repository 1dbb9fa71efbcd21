import CLIP
import CaptionData
import Foundation

extension Provenance {
  /// What stands below a table of scores: the model, what was cut or skipped, and what a reader should know.
  package var notes: [String] { labelledNotes.flatMap(Self.noteLines) }

  /// The same before it is laid out: labels, which are empty where a note goes on, and texts.
  package var labelledNotes: [(label: String, text: String)] {
    var notes: [(label: String, text: String)] = []
    for (label, model) in [("model", model), ("before", before)] {
      guard let model else { continue }
      let details = [model.precision, model.instructionSet, model.fingerprint]
      notes.append((label, ([model.name] + details.compactMap(\.self)).joined(separator: ", ")))
    }
    notes += sources.compactMap { source in source.note.map { ($0.label, $0.text) } }
    let context = model?.contextLength.map { " at \($0) tokens" } ?? ""
    if let cut = truncated.candidates, cut > 0 { notes.append(("cut", Self.count(cut, "caption") + context)) }
    if let cut = truncated.references, cut > 0 {
      notes.append(("cut", Self.count(cut, "reference") + context))
    }
    notes += warnings.map { ("note", $0) }
    if !skipped.isEmpty {
      notes.append(("skipped", Self.count(skipped.count, "item")))
      notes += skipped.prefix(10).map { ("", $0.reason) }
      if skipped.count > 10 {
        notes.append(("", "and \(skipped.count - 10) more, all in the output of --json"))
      }
    }
    return notes
  }

  /// A note with its label, in lines of at most 80 characters.
  package static func noteLines(_ label: String, _ text: String) -> [String] {
    wrapped(text, width: 65).enumerated().map { index, line in
      "  \((index == 0 ? label : "").padding(toLength: 12, withPad: " ", startingAt: 0)) \(line)"
    }
  }

  private static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// A text in lines of at most `width` characters, but for words that are longer.
  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= width {
        lines[lines.count - 1] = line + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
