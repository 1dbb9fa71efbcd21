public import Foundation

/// What a ``TrainingLoop`` trains: parameters, batches, a loss, what is written, and what it is measured by.
///
/// The loop asks for these and knows nothing else of a task: neither what a batch holds nor what a model is. A task that
/// trains a ``CLIPNetwork`` conforms to ``CLIPTrainingTask``, which answers most of it.
public protocol TrainingTask: AnyObject {
  /// Where batches come from.
  associatedtype Batches: BatchSource
  /// A model as it is at some step: what is validated and written.
  associatedtype Snapshot

  /// Every parameter, in an order that does not change.
  var parameters: [TrainingParameter] { get }

  /// The batches of an epoch.
  var batchesPerEpoch: Int { get }

  /// The batches from a position on, to the end of the stage.
  func batches(from position: DataPosition) throws -> Batches

  /// The weighted parts of a batch's loss, whose sum is trained.
  func losses(of batch: Batches.Element) throws -> LossTerms

  /// What is trained and validated on: where that has changed, the position of a saved state means other items. Process 0's counts.
  var dataFingerprint: String { get }

  /// What every line of the log says of the task: what a reward is made of, for example.
  var logHeader: [(name: String, value: String)] { get }

  /// Whether, of several processes, each has its share of the losses, which add up to those of the batch; otherwise each has all of them.
  var lossesAreShares: Bool { get }

  /// What is done to the parameters after each step of the optimizer, before they are averaged.
  func finishStep() throws

  /// The model as it is.
  ///
  /// - Parameter averages: what to take in the place of parameters, by name: the moving average where there is one.
  func snapshot(averages: [String: Tensor]) throws -> Snapshot

  /// Writes a model as a folder that is not there yet.
  func write(_ snapshot: Snapshot, to folder: URL) throws

  /// Reads what ``write(_:to:)`` has written.
  func read(from folder: URL) throws -> Snapshot

  /// Whether models are validated: the same in all processes, of which only the first validates.
  var isValidated: Bool { get }

  /// Measures a model.
  func validate(_ snapshot: Snapshot) throws -> ValidationResult

  /// What a task must keep to go on as if it had never stopped, beside its parameters and torch's generator.
  func state() throws -> Data

  /// Puts ``state()`` back.
  func restore(_ state: Data) throws
}

extension TrainingTask {
  /// Each has all of them.
  public var lossesAreShares: Bool { false }
  /// The data is a part of the task.
  public var dataFingerprint: String { "" }
  /// Nothing is said.
  public var logHeader: [(name: String, value: String)] { [] }
  /// Nothing is done.
  public func finishStep() throws {}
  /// Nothing is kept.
  public func state() throws -> Data { Data() }
  /// Nothing is put back.
  public func restore(_ state: Data) throws {}
}
