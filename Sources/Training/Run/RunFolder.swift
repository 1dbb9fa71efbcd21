public import CLIP
public import Foundation

/// The folder of a run: its state, its log, its best model.
public struct RunFolder: Sendable {
  /// The folder.
  public let url: URL

  /// Makes the folder if it is not there. Throws ``TrainingError/unwritable(path:reason:)``.
  public init(_ url: URL) throws {
    self.url = url
    do { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) } catch {
      throw TrainingError.unwritable(path: url.path, reason: error.localizedDescription)
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

  /// Writes a model, replacing what was there once the new one is whole. Throws `CheckpointError`.
  public func write(_ checkpoint: Checkpoint, to place: URL) throws {
    let manager = FileManager.default
    let draft = url.appendingPathComponent(".\(place.lastPathComponent).new", isDirectory: true)
    let old = url.appendingPathComponent(".\(place.lastPathComponent).old", isDirectory: true)
    try? manager.removeItem(at: draft)
    try? manager.removeItem(at: old)
    _ = try CheckpointWriter.write(checkpoint, to: draft, storage: .float32)
    rename(place.path, old.path)
    guard rename(draft.path, place.path) == 0 else {
      throw TrainingError.unwritable(path: place.path, reason: String(cString: strerror(errno)))
    }
    try? manager.removeItem(at: old)
  }

  /// Lends an embedder of a model in training: it is written and opened as a user's would be, and removed afterwards.
  public func measuring<R>(
    _ checkpoint: Checkpoint, threads: Int?, _ body: (CLIPEmbedder) throws -> R
  ) throws -> R {
    let place = url.appendingPathComponent("measured", isDirectory: true)
    try write(checkpoint, to: place)
    defer { try? FileManager.default.removeItem(at: place) }
    var options = CLIPEmbedder.Options()
    options.threads = threads
    return try body(CLIPEmbedder(opening: place, options: options))
  }
}
