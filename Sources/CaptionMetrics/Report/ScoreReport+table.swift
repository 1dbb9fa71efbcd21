import Foundation

extension ScoreReport {
  /// The scores of the corpus as a table for people, at most 80 columns wide but for names and reasons.
  public func table() -> String {
    var lines = [title, ""]
    let width = max(12, scores.map(\.name.count).max() ?? 0)
    for score in scores {
      let name = score.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let value = String(format: "%.4f", score.corpus)
      let padding = String(repeating: " ", count: max(0, 9 - value.count))
      lines.append("  \(name) \(padding)\(value)   \(legend(for: score.name))")
    }
    let notes = notes
    if !notes.isEmpty { lines += [""] + notes }
    return lines.joined(separator: "\n") + "\n"
  }

  private var title: String {
    "Scores of \(Self.count(captions.count, "caption"))"
      + (provenance.candidates.map { " in \($0)" } ?? "")
  }

  /// What a metric measures and on which scale, in a few words; empty for one that is not known.
  private func legend(for name: String) -> String {
    switch name {
    case "BLEU-1": return "words shared with the references, 0 to 1"
    case "BLEU-2", "BLEU-3", "BLEU-4": return "runs of up to \(name.suffix(1)) words shared, 0 to 1"
    case "ROUGE-L": return "longest common sequence of words, 0 to 1"
    case "CIDEr": return "agreement weighted by how rare words are, 0 to 10"
    case "CLIPScore":
      guard let definition = provenance.definition else { return "picture and caption" }
      return "picture and caption, up to \(Self.scale(definition)) (\(definition.rawValue))"
    case "RefCLIPScore":
      guard let definition = provenance.definition else { return "picture, caption and references" }
      let most = definition.referenceScore(cosine: 1, bestReferenceCosine: 1)
      return "picture, caption and references, 0 to \(String(format: "%.2f", most)) (\(definition.rawValue))"
    default: return ""
    }
  }

  private static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  private static func scale(_ definition: CLIPScoreDefinition) -> String {
    String(format: definition.scale == definition.scale.rounded() ? "%.0f" : "%.1f", definition.scale)
  }

  private var notes: [String] {
    var notes: [(String, String)] = []
    if let model = provenance.model {
      let details = [model.precision, model.instructionSet, model.fingerprint]
      notes.append(("model", ([model.name] + details.compactMap(\.self)).joined(separator: ", ")))
    }
    if let source = provenance.documentFrequencies { notes.append(("CIDEr df", source)) }
    let context = provenance.model?.contextLength.map { " at \($0) tokens" } ?? ""
    if let cut = provenance.truncatedCandidates, cut > 0 {
      notes.append(("cut", Self.count(cut, "caption") + context))
    }
    if let cut = provenance.truncatedReferences, cut > 0 {
      notes.append(("cut", Self.count(cut, "reference") + context))
    }
    notes += provenance.warnings.map { ("note", $0) }
    if !provenance.leftOut.isEmpty {
      let count = provenance.leftOut.count
      notes.append(("left out", Self.count(count, "item")))
      notes += provenance.leftOut.prefix(10).map { ("", $0.reason) }
      if count > 10 { notes.append(("", "and \(count - 10) more, all in the output of --json")) }
    }
    return notes.flatMap { label, text in
      Self.wrapped(text, width: 65).enumerated().map { index, line in
        "  \((index == 0 ? label : "").padding(toLength: 12, withPad: " ", startingAt: 0)) \(line)"
      }
    }
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
