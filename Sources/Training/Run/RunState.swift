import CLIP
import Files
public import Foundation

/// Everything that a stopped run needs to go on as if it had never stopped: one safetensors file that appears whole or not
/// at all.
public struct RunState: Codable, Sendable, Equatable {
  /// What the run is: its recipe and data. A state of another run is refused.
  public var fingerprint: String
  /// The fields of that recipe, by which a difference is named; nil in a state that had no such list.
  public var fields: [String]?
  /// The stage, counted from 0.
  public var stage = 0
  /// Optimiser steps taken in this stage.
  public var step = 0
  /// Where its data goes on.
  public var position = DataPosition()
  /// What the stage is trained and validated on, ``TrainingTask/dataFingerprint``; nil before its first step.
  public var data: String?
  /// The state of torch's generator of random numbers, for dropout.
  public var generator = Data()
  /// What the task itself keeps: ``TrainingTask/state()``.
  public var task = Data()
  /// The best validation of this stage.
  public var best: ValidationResult?
  /// The epoch of the best validation.
  public var bestEpoch: Int?
  /// Validations since the best.
  public var worse = 0
  /// Seconds spent in this stage, over all runs.
  public var seconds = 0.0

  /// The start of a run.
  public init(of run: RunDescription) { (fingerprint, fields) = (run.fingerprint, run.lines) }

  // The number is that of the layout: a state of another layout is none.
  private static let key = "plumb.run.2"

  /// Writes the state with the tensors that belong to it. Throws ``TrainingError/unwritable(path:reason:)``; the file that
  /// was there before is then untouched.
  func write(_ tensors: [String: Tensor], to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let text = String(decoding: try encoder.encode(self), as: UTF8.self)
    var stored: [String: StoredTensor] = [:]
    for (name, tensor) in tensors {
      stored[name] = StoredTensor(shape: tensor.shape, floats: try tensor.floats())
    }
    do {
      try SafetensorsWriter(storage: .float32, metadata: [Self.key: text]).replace(url, by: stored)
    } catch CheckpointError.unwritable(let path, let reason) {
      throw TrainingError.unwritable(path: path, reason: reason)
    }
  }

  /// Reads a state and hands over its tensors; nil where there is none.
  ///
  /// - Parameter description: what the run is up to a stage.
  /// - Throws: ``TrainingError/otherState(path:reason:)``, ``TrainingError/damagedState(path:reason:)``.
  static func read(
    _ url: URL, description: (_ stage: Int) -> RunDescription
  ) throws -> (RunState, SafetensorsFile)? {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(url)
    } catch FileReadError.damaged(_, let key, let expected, let found) {
      throw TrainingError.damagedState(
        path: url.path, reason: "at \(key): expected \(expected), found \(found)")
    }
    guard let text = file.metadata[key] else {
      throw TrainingError.otherState(
        path: url.path, reason: "it was saved by another version of plumb, or is not a saved training state")
    }
    let state: RunState
    do {
      state = try JSONDecoder().decode(RunState.self, from: Data(text.utf8))
    } catch {
      throw TrainingError.otherState(path: url.path, reason: "its description cannot be read")
    }
    let own = description(state.stage)
    guard state.fingerprint == own.fingerprint else {
      throw TrainingError.otherState(
        path: url.path,
        reason: state.fields.flatMap(own.differences) ?? "it has another recipe, initial model or data")
    }
    return (state, file)
  }
}
