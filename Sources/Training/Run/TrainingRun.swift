import CLIP
import Compute
import Foundation

/// What a run tells while it works.
public struct RunReports: Sendable {
  /// How far a step of preparation is: what, done, of how many.
  public var preparing: @Sendable (String, Int, Int) -> Void = { _, _, _ in }
  /// How far the training is.
  public var training: @Sendable (TrainingProgress) -> Void = { _ in }
  /// A sentence worth a line.
  public var note: @Sendable (String) -> Void = { _ in }

  /// Says nothing.
  public init() {}
}

/// One run: its folder, its device, the processes that share it, and what it tells. Stages are trained one after another,
/// and a run of the same recipe goes on where an earlier one stopped.
///
/// ```swift
/// let run = try TrainingRun(header)
/// if try run.savedStage({ _ in description }) != 1 {
///   guard let result = try run.train(task, plan, description: description) else { return }
///   try run.saveStart(ofStage: 1, task.parameters, description: description)
/// }
/// ```
public final class TrainingRun {
  /// What the recipe begins with.
  public let header: RunHeader
  /// Where everything is written.
  public let folder: RunFolder
  /// The device.
  public let torch: Torch
  /// The processes.
  public let group: ProcessGroup
  /// What is told; nothing in all processes but the first.
  public let reports: RunReports
  /// Whether products are computed in bfloat16: where the recipe wants it, and the device multiplies such numbers. libtorch
  /// emulates them on other processors, some ten times as slowly as it multiplies float32.
  public let isMixed: Bool
  let stop: StopRequest?
  /// Process 0 alone has one.
  private let lock: RunLock?

  /// Makes the folder, opens the device with its seed, joins the other processes, where there are any, and keeps processes of other
  /// runs from the folder.
  ///
  /// - Throws: ``TorchError``, ``TrainingError``.
  public init(_ header: RunHeader, stop: StopRequest? = nil, reports: RunReports = RunReports()) throws {
    self.header = header
    self.stop = stop
    folder = try RunFolder(header.output)
    (torch, group) = try ProcessGroup.joined(device: header.device, threads: header.threads)
    lock = group.rank == 0 ? try RunLock(folder) : nil
    try torch.seed(header.seed)
    self.reports = group.rank == 0 ? reports : RunReports()
    isMixed = header.isMixed && (torch.device >= 0 || Hardware.multipliesBFloat16)
    if header.isMixed, !isMixed { self.reports.note(Self.unmixedNote) }
  }

  private static let unmixedNote =
    "mixed_precision: products are computed in float32 instead, since this processor multiplies no bfloat16 numbers"

  /// Whether this process is the one that writes, validates and tells.
  public var isFirst: Bool { group.rank == 0 }

  /// The stage that a saved state belongs to, which is the number of stages where all are done; nil where there is none.
  ///
  /// - Parameter description: what the run is up to a stage: later stages may be others than when the state was saved.
  /// - Throws: ``TrainingError/otherState(path:reason:)``.
  public func savedStage(_ description: (_ stage: Int) -> RunDescription) throws -> Int? {
    try RunState.read(folder.state, description: description)?.0.stage
  }

  /// Trains a task through a stage, from where an earlier run stopped in it.
  ///
  /// - Parameter description: what the run is, up to this stage.
  /// - Returns: what the stage ends with; nil when the user asked to stop, after the state was saved.
  /// - Throws: what the task throws, ``TrainingError``, ``TorchError``.
  public func train<Task: TrainingTask>(
    _ task: Task, _ plan: StagePlan, description: RunDescription
  ) throws -> StageResult<Task.Snapshot>? {
    let loop = try TrainingLoop(plan, task, in: self, description: description)
    guard try loop.train() != .stopped else { return nil }
    guard isFirst else { return StageResult() }
    guard plan.keepsBest, let best = loop.best else { return StageResult(snapshot: try loop.snapshot()) }
    return StageResult(snapshot: try task.read(from: folder.best), best: best)
  }

  /// Saves the parameters that a stage starts from, so that a run that stops before its first state does not train the
  /// stage before again. After the last stage they are those of the finished run.
  public func saveStart(
    ofStage number: Int, _ parameters: [TrainingParameter], description: RunDescription
  ) throws {
    guard isFirst else { return }
    var state = RunState(of: description)
    state.stage = number
    state.generator = Data(try torch.generatorState())
    try state.write(parameters.byName, to: folder.state)
  }

  /// Puts the saved parameters back: for a run of which every stage is done. Throws `CheckpointError`.
  public func restore(_ parameters: [TrainingParameter]) throws {
    let file = try SafetensorsFile(folder.state)
    for parameter in parameters {
      if let stored = try file.tensor(parameter.name) { try parameter.tensor.write(stored.floats()) }
    }
  }
}

/// What a stage ends with.
public struct StageResult<Snapshot> {
  /// The best model by validation where it is kept, else the last; nil in all processes but the first.
  public var snapshot: Snapshot?
  /// What was measured of it, and after which epoch, where it is the best.
  public var best: (result: ValidationResult, epoch: Int)?
}
