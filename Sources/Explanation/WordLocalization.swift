import CLIP
public import CaptionMetrics
public import Evaluation
import Foundation
import JSON

/// How well support tells the wrong word of a caption: what ``LocalizationSet`` holds is explained, and the wrong words are
/// compared with the other content words.
public struct WordLocalization: Sendable {
  /// Figures of some captions.
  struct Figures: Sendable, Equatable {
    /// The number of captions.
    var count = 0
    /// The probability that a wrong word has less support than another content word of these captions, a tie counting half.
    var auc = 0.0
    /// The share of captions whose wrong word has strictly less support than every other content word.
    var first = 0.0
    /// What that share would be by chance: the mean of one over the number of content words.
    var chance = 0.0
    /// The same two among the nouns alone.
    var firstOfNouns = 0.0
    var chanceOfNouns = 0.0
    /// The share of wrong words below the threshold.
    var caught = 0.0
  }

  /// The words' supports in a caption with a wrong word.
  struct Case: Sendable {
    var kind: String?
    /// The least support of the wrong words.
    var wrong: Double
    var others: [Double]
    var otherNouns: [Double]
  }

  var cases: [Case] = []
  /// The supports of the content words of true captions.
  var trueSupports: [Double] = []
  let threshold: Double

  /// The share of true captions' content words that ``suggestedThreshold`` calls unsupported.
  static let falseShare = 0.05

  /// Collects the supports of explained captions.
  init(
    _ set: LocalizationSet, wrong: [ExplainedCaption?], true trueCaptions: [ExplainedCaption?],
    kinds: WordKinds,
    threshold: Double
  ) {
    self.threshold = threshold
    for (item, explained) in zip(set.items, wrong) {
      guard let explained else { continue }
      var support: Double?
      var (others, nouns): ([Double], [Double]) = ([], [])
      for (index, word) in explained.words.enumerated() {
        guard let value = word.support else { continue }
        if item.wrong.contains(index) {
          support = min(support ?? value, value)
        } else {
          others.append(value)
          if kinds.isNoun(word.word.lowercased()) { nouns.append(value) }
        }
      }
      guard let support else { continue }
      cases.append(Case(kind: item.kind, wrong: support, others: others, otherNouns: nouns))
    }
    trueSupports = trueCaptions.compactMap(\.self).flatMap(\.words).compactMap(\.support).sorted()
  }

  /// The support below which 5 % of the content words of true captions are; nil where there are none.
  package var suggestedThreshold: Double? {
    guard !trueSupports.isEmpty else { return nil }
    return trueSupports[Int(Double(trueSupports.count) * Self.falseShare)]
  }

  /// The share of the content words of true captions that are below the threshold.
  package var falselyFlagged: Double? {
    guard !trueSupports.isEmpty else { return nil }
    return Double(trueSupports.count { $0 < threshold }) / Double(trueSupports.count)
  }

  /// AUC, and how often the wrong word is first over how often by chance, of all captions.
  package var summary: (auc: Double, firstOverChance: Double, caught: Double) {
    let all = figures(of: cases)
    return (all.auc, all.chance > 0 ? all.first / all.chance : 0, all.caught)
  }

  /// The figures of some captions.
  func figures(of cases: [Case]) -> Figures {
    var figures = Figures(count: cases.count)
    guard !cases.isEmpty else { return figures }
    figures.auc = Self.auc(low: cases.map(\.wrong), high: cases.flatMap(\.others))
    let count = Double(cases.count)
    for item in cases {
      figures.first += item.others.allSatisfy { item.wrong < $0 } ? 1 / count : 0
      figures.chance += 1 / Double(item.others.count + 1) / count
      figures.firstOfNouns += item.otherNouns.allSatisfy { item.wrong < $0 } ? 1 / count : 0
      figures.chanceOfNouns += 1 / Double(item.otherNouns.count + 1) / count
      figures.caught += item.wrong < threshold ? 1 / count : 0
    }
    return figures
  }

  /// The probability that a number of `low` is below one of `high`, ties counting half (Mann and Whitney).
  static func auc(low: [Double], high: [Double]) -> Double {
    guard !low.isEmpty, !high.isEmpty else { return 0.5 }
    let high = high.sorted()
    func count(_ isBelow: (Double) -> Bool) -> Int {
      var (start, end) = (0, high.count)
      while start < end {
        let middle = (start + end) / 2
        if isBelow(high[middle]) { start = middle + 1 } else { end = middle }
      }
      return start
    }
    let above = low.reduce(0.0) { sum, value in
      let (less, lessOrEqual) = (count { $0 < value }, count { $0 <= value })
      return sum + Double(high.count - lessOrEqual) + Double(lessOrEqual - less) / 2
    }
    return above / (Double(low.count) * Double(high.count))
  }
}

extension WordLocalization {
  /// The least number of captions for a line of its own.
  private static let leastCount = 10

  /// The report: a line for all captions, and one for each kind of wrong word.
  public func report(title: String, provenance: Provenance) -> EvaluationReport {
    var groups: [(String, [Case])] = [("all", cases)]
    let kinds = Dictionary(grouping: cases, by: \.kind)
    for case (let kind?, let cases) in kinds.sorted(by: {
      ($1.value.count, $0.key ?? "") < ($0.value.count, $1.key ?? "")
    }) where cases.count >= Self.leastCount {
      groups.append((kind, cases))
    }
    let figures = groups.map { ($0.0, self.figures(of: $0.1)) }
    var report = EvaluationReport(
      title: title, columns: ["captions", "AUC", "first", "chance", "×", "nouns", "flagged"],
      lines: figures.map { .init($0.0, $0.1.cells) },
      legend:
        "AUC of wrong words against the other content words; first: share of captions whose wrong word has the least "
        + "support of all content words, by chance, and the one over the other; nouns: the same share among nouns; flagged: "
        + "share of wrong words with a support below \(Self.text(threshold)).",
      results: [
        .init("threshold", .number(threshold)),
        .init("groups", .array(figures.map { .object([.init("name", .string($0.0))] + $0.1.json) })),
      ], provenance: provenance)
    if let falselyFlagged, let suggestedThreshold {
      report.remarks = [
        (
          "true words",
          "\(Self.text(100 * falselyFlagged, digits: 1)) % of the content words of the true captions are below the threshold; "
            + "5 % are below \(Self.text(suggestedThreshold))."
        )
      ]
      report.results += [
        .init("falsely_flagged", .number(falselyFlagged)),
        .init("threshold_of_5_percent", .number(suggestedThreshold)),
      ]
    }
    return report
  }

  fileprivate static func text(_ value: Double, digits: Int = 3) -> String {
    String(format: "%.\(digits)f", value)
  }
}

extension WordLocalization.Figures {
  var cells: [String] {
    func text(_ value: Double) -> String { WordLocalization.text(value) }
    return [
      "\(count)", text(auc), text(first), text(chance),
      WordLocalization.text(chance > 0 ? first / chance : 0, digits: 2), text(firstOfNouns), text(caught),
    ]
  }

  var json: [JSONValue.Member] {
    [
      .init("captions", .integer(count)), .init("auc", .number(auc)), .init("first", .number(first)),
      .init("chance", .number(chance)), .init("first_among_nouns", .number(firstOfNouns)),
      .init("chance_among_nouns", .number(chanceOfNouns)), .init("flagged", .number(caught)),
    ]
  }
}
