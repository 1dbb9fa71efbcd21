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
    let notes = provenance.notes
    if !notes.isEmpty { lines += [""] + notes }
    return lines.joined(separator: "\n") + "\n"
  }

  private var title: String {
    "Scores of \(Self.count(captions.count, "caption"))"
      + (provenance.candidates.map { " in \($0)" } ?? "")
      + (provenance.skipped.isEmpty ? "" : ", \(provenance.skipped.count) skipped")
  }

  /// What a metric measures and on which scale, in a few words; empty for one that is not known.
  private func legend(for name: String) -> String {
    switch name {
    case "BLEU-1": return "words shared with the references, 0 to 1"
    case "BLEU-2", "BLEU-3", "BLEU-4": return "runs of up to \(name.suffix(1)) words shared, 0 to 1"
    case "METEOR": return "aligned words, stems, synonyms and paraphrases, 0 to 1"
    case "ROUGE-L": return "longest common sequence of words, 0 to 1"
    case "CIDEr": return "agreement weighted by how rare words are, 0 to 10"
    case "CLIPScore":
      guard let formula = provenance.formula else { return "image and caption" }
      return "image and caption, up to \(Self.most(formula)) (\(formula.summary))"
    case "RefCLIPScore":
      guard let formula = provenance.formula else { return "image, caption and references" }
      let most = String(format: "%.2f", formula.mostWithReferences)
      return "image, caption and references, 0 to \(most) (\(formula.summary))"
    default: return ""
    }
  }

  private static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  private static func most(_ formula: CLIPScoreFormula) -> String {
    String(format: formula.most == formula.most.rounded() ? "%.0f" : "%.1f", formula.most)
  }
}
