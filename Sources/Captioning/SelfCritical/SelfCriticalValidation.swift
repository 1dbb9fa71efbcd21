import Foundation
import Training

/// Validates a captioner that is trained by rewards: CIDEr and BLEU-4, the rewards, a judge that is no part of them, and the signs
/// of a collapse.
final class SelfCriticalValidation {
  let captions: CaptionValidation
  private let rewards: RewardModel
  private let judge: RewardModel?
  /// What ends the training, or warns.
  var collapse: CollapseGuard
  private let note: (String) -> Void

  init(
    _ captions: CaptionValidation, rewards: RewardModel,
    judge: (model: RewardModel, named: CollapseGuard.Judge)?, note: @escaping (String) -> Void
  ) {
    self.note = note
    self.captions = captions
    self.rewards = rewards
    self.judge = judge?.model
    collapse = CollapseGuard(judge: judge?.named)
  }

  func callAsFunction(_ model: CaptionerCheckpoint) throws -> ValidationResult {
    let (found, described, _) = try captions.measure(model)
    let scores = try rewards.scores(described)
    let total = scores.means.first?.value ?? 0
    var result = ValidationResult(
      found.measures.map { ($0.name, $0.value) } + scores.means.map { ($0.name, $0.value) }, score: total)
    let judged = try judge.map { try $0.scores(described).means.first?.value ?? 0 }
    if let judged { result.measures.append(ValidationResult.Measure(name: "judge", value: judged)) }
    let findings = collapse.findings(in: result, judged: judged)
    result.stop = findings.stop
    if let warning = findings.warning { note(warning) }
    return result
  }
}
