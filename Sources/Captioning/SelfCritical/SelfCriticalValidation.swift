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

  init(
    _ captions: CaptionValidation, rewards: RewardModel,
    judge: (model: RewardModel, name: String, maxDrop: Double)?
  ) {
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
    if let judge {
      let value = try judge.model.scores(described).means.first?.value ?? 0
      result.measures.append(ValidationResult.Measure(name: "judge", value: value))
      let before = judgedAtStart ?? value
      judgedAtStart = before
      if value < before - judge.maxDrop * abs(before) {
        result.stop = warning(judge.name, value, before: before, result)
      }
    }
    if start == nil { start = result }
    return result
  }

  /// Says that the judge fell, and which sign of a collapse was seen.
  private func warning(
    _ name: String, _ value: Double, before: Double, _ result: ValidationResult
  ) -> String {
    let signs: [(measure: String, what: String)] = [
      ("rep-2", "repeated word pairs"), ("bad_ending", "captions that end with an article or a preposition"),
      ("no_end", "captions without an end"), ("identical", "identical captions"),
      ("mean_length", "longer captions"),
    ]
    let seen = signs.compactMap { sign -> String? in
      guard let now = result[sign.measure], let old = start?[sign.measure] else { return nil }
      let isRatio = sign.measure == "mean_length"
      guard isRatio ? now > 1.2 * old : now > old + 0.02 else { return nil }
      return "\(sign.what) (\(sign.measure) \(Self.text(old)) → \(Self.text(now)))"
    }
    return
      "the judge \(name) fell from \(Self.text(before)) to \(Self.text(value)): training stops, and the best captioner before "
      + "that is kept" + (seen.isEmpty ? "." : "; seen: \(seen.joined(separator: ", ")).")
  }

  private static func text(_ value: Double) -> String { String(format: "%.3f", value) }
}
