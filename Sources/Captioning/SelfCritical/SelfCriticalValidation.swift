import Foundation
import Training

/// Validates a captioner that is trained by rewards: CIDEr and BLEU-4, the rewards, a judge that is no part of them, and the signs
/// of a collapse.
final class SelfCriticalValidation {
  private let captions: CaptionValidation
  private let rewards: RewardModel
  private let judge: (model: RewardModel, name: String, maxDrop: Double)?
  /// What the judge said before training.
  var judgedAtStart: Double?
  /// What was measured before training.
  private var start: ValidationResult?
  private let note: (String) -> Void

  init(
    _ captions: CaptionValidation, rewards: RewardModel,
    judge: (model: RewardModel, name: String, maxDrop: Double)?, note: @escaping (String) -> Void
  ) {
    self.note = note
    self.captions = captions
    self.rewards = rewards
    self.judge = judge
  }

  func callAsFunction(_ model: CaptionerCheckpoint) throws -> ValidationResult {
    let (found, described, _) = try captions.measure(model)
    let scores = try rewards.scores(described)
    let total = scores.means.first?.value ?? 0
    var result = ValidationResult(
      found.measures.map { ($0.name, $0.value) } + scores.means.map { ($0.name, $0.value) }, score: total)
    let signs = signs(in: result)
    if let judge {
      let value = try judge.model.scores(described).means.first?.value ?? 0
      result.measures.append(ValidationResult.Measure(name: "judge", value: value))
      let before = judgedAtStart ?? value
      judgedAtStart = before
      if value < before - judge.maxDrop * abs(before) {
        result.stop =
          "the judge \(judge.name) fell from \(Self.text(before)) to \(Self.text(value)): training stops, and the best captioner "
          + "before that is kept" + (signs.isEmpty ? "." : "; seen: \(signs.joined(separator: ", ")).")
      }
    }
    // A judge that is near to the reward may not see it.
    if result.stop == nil, !signs.isEmpty { note("signs of a collapse: \(signs.joined(separator: ", "))") }
    if start == nil { start = result }
    return result
  }

  /// The signs of a collapse that were not there before training.
  private func signs(in result: ValidationResult) -> [String] {
    let signs: [(measure: String, rise: Double, what: String)] = [
      ("rep-2", 0.02, "repeated word pairs"),
      ("bad_ending", 0.02, "captions that end with an article or a preposition"),
      ("no_end", 0.02, "captions without an end"), ("identical", 0.1, "identical captions"),
      ("mean_length", 0.2 * (start?["mean_length"] ?? 0), "longer captions"),
    ]
    return signs.compactMap { sign -> String? in
      guard let now = result[sign.measure], let old = start?[sign.measure], now > old + sign.rise else {
        return nil
      }
      return "\(sign.what) (\(sign.measure) \(Self.text(old)) → \(Self.text(now)))"
    }
  }

  private static func text(_ value: Double) -> String { String(format: "%.3f", value) }
}
