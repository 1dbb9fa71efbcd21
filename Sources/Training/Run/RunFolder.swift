public import CLIP
import Files
public import Foundation

/// The folder of a run: its state, its log, its best model.
public struct RunFolder: Sendable {
  /// The folder.
  public let url: URL

  /// Makes the folder if it is not there. Throws ``TrainingError/unwritable(path:reason:)``.
  public init(_ url: URL) throws {
    self.url = url
    do { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) } catch {
      throw TrainingError.unwritable(path: url.path, reason: systemReason(of: error))
    }
  }

  /// The state to go on from.
  public var state: URL { url.appendingPathComponent("state.safetensors") }
  /// The log.
  public var log: URL { url.appendingPathComponent("log.jsonl") }
  /// The best model of the current stage.
  public var best: URL { url.appendingPathComponent("best", isDirectory: true) }
  /// The model at the end of the run.
  public var model: URL { url.appendingPathComponent("model", isDirectory: true) }

  /// Replaces what lies at a place with a new folder, once that is whole. Throws what `write` throws, and
  /// ``TrainingError/unwritable(path:reason:)``.
  ///
  /// - Parameter write: makes the folder that it is given, which is not there yet.
  public func replace(_ place: URL, _ write: (URL) throws -> Void) throws {
    let manager = FileManager.default
    let draft = url.appendingPathComponent(".\(place.lastPathComponent).new", isDirectory: true)
    let old = url.appendingPathComponent(".\(place.lastPathComponent).old", isDirectory: true)
    try? manager.removeItem(at: draft)
    try? manager.removeItem(at: old)
    try write(draft)
    rename(place.path, old.path)
    guard rename(draft.path, place.path) == 0 else {
      throw TrainingError.unwritable(path: place.path, reason: String(cString: strerror(errno)))
    }
    try? manager.removeItem(at: old)
  }

  /// Writes a checkpoint, replacing what was there once the new one is whole. Throws `CheckpointError`.
  public func write(_ checkpoint: Checkpoint, to place: URL) throws {
    try replace(place) { _ = try CheckpointWriter.write(checkpoint, to: $0, storage: .float32) }
  }
}
