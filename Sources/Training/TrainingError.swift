public import Foundation

/// What can go wrong in training, but for libtorch itself.
public enum TrainingError: Error, Equatable {
  /// The architecture needs a parameter that is not there.
  case missingParameter(name: String)
  /// A parameter is of another shape than the architecture's.
  case misshapenParameter(name: String, expected: [Int], found: [Int])
  /// A layer was asked for what a text or an image cannot give.
  case unusableBatch(reason: String)
  /// A loss is not a number.
  case notFinite(what: String, step: Int, stage: String, saved: String)
  /// A state to go on from is damaged.
  case damagedState(path: String, reason: String)
  /// A state to go on from does not belong to this run.
  case otherState(path: String, reason: String)
  /// Another process trains in the folder of a run.
  case busy(path: String)
  /// A file cannot be read.
  case unreadable(path: String, reason: String)
  /// Something cannot be written.
  case unwritable(path: String, reason: String)
  /// The processes that train together disagree, or are not as their environment says.
  case processes(reason: String)
  /// A recipe without a validation is to be compared with others.
  case notMeasured(path: String)
  /// A run of an ablation has failed.
  case rowFailed(row: String, seed: UInt64, reason: String)
}

extension TrainingError: LocalizedError, CustomStringConvertible {
  /// What went wrong and what to do, in a sentence.
  public var description: String {
    switch self {
    case .notMeasured(let path):
      "\(path) has no `validation`, by which its runs could be compared; give it one."
    case .rowFailed(let row, let seed, let reason): "row \"\(row)\", seed \(seed): \(reason)"
    case .missingParameter(let name):
      "the model has no parameter \(name); check that its configuration and its weights belong together"
    case .misshapenParameter(let name, let expected, let found):
      "the parameter \(name) has the shape \(found), and not \(expected) as the configuration says"
    case .unusableBatch(let reason): reason
    case .notFinite(let what, let step, let stage, let saved):
      "\(what) is not finite at step \(step) of the stage \(stage). The last good state is saved in \(saved); "
        + "lower learning_rate or grad_clip_norm, and start again"
    case .damagedState(let path, let reason):
      "\(path), from which the run would go on, is damaged (\(reason)); remove it, and the run begins anew"
    case .otherState(let path, let reason):
      "\(path) is the state of another run: \(reason). Start in another folder, or remove it"
    case .busy(let path):
      "another process trains in \(path); wait until it has ended, or choose another `output`"
    case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
    case .unwritable(let path, let reason):
      "\(path): cannot be written (\(reason)); check the disk and the permissions of the folder."
    case .processes(let reason): reason
    }
  }

  /// The same.
  public var errorDescription: String? { description }
}
