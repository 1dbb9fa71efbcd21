import Files
public import Foundation
package import JSON

/// Writes a checkpoint as one folder in Hugging Face's layout, from which transformers computes the same embeddings.
public enum CheckpointWriter {
  /// What was written.
  public struct Report: Sendable, Equatable {
    /// The folder.
    public let folder: URL
    /// The files in it.
    public let files: [String]
    /// The bytes of the weights' file.
    public let byteCount: Int
    /// What a user should know, a sentence each.
    public fileprivate(set) var warnings: [String] = []
  }

  /// Files that go with the weights, copied where the source has them.
  static let companions = [
    "tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "bpe_simple_vocab_16e6.txt.gz", "preprocessor_config.json", "processor_config.json",
  ]

  /// Writes `config.json`, `model.safetensors` and the tokenizer's and images' files of the source.
  ///
  /// The folder appears whole or not at all: everything is written beside it under another name first.
  ///
  /// - Parameters:
  ///   - checkpoint: what to write.
  ///   - folder: a new or an empty folder; the folder around it must be there.
  ///   - storage: how the numbers are stored; rounding is to the nearest, ties to even.
  ///   - roundsRows: whether rows of matrices become bytes with a float16 scale each, which Plumb alone reads.
  /// - Throws: ``CheckpointError``.
  public static func write(
    _ checkpoint: Checkpoint, to folder: URL, storage: StorageType, roundsRows: Bool = false
  ) throws -> Report {
    var warnings: [String] = []
    var report = try makeFolder(folder) { draft in
      try fill(draft, with: checkpoint, storage: storage, roundsRows: roundsRows, warnings: &warnings)
    }
    report.warnings = warnings
    return report
  }

  /// Makes a folder of weights that appears whole or not at all: `fill` writes its files into another one beside it, and
  /// returns their names.
  package static func makeFolder(_ folder: URL, _ fill: (URL) throws -> [String]) throws -> Report {
    try validate(output: folder)
    let manager = FileManager.default
    let target = folder.standardizedFileURL
    let parent = target.deletingLastPathComponent()
    let draft = parent.appendingPathComponent(
      ".\(target.lastPathComponent).\(getpid())", isDirectory: true)
    guard mkdir(draft.path, 0o777) == 0 else { throw failure(target) }
    UnfinishedFiles.add(draft.path)
    defer {
      try? manager.removeItem(at: draft)
      UnfinishedFiles.remove(draft.path)
    }
    let files: [String]
    do {
      files = try fill(draft)
    } catch CheckpointError.unwritable(let path, let reason) where path.hasPrefix(draft.path) {
      // By the name that was asked for, for the other folder is gone when this is read.
      throw CheckpointError.unwritable(path: target.path + path.dropFirst(draft.path.count), reason: reason)
    }
    let weights = draft.appendingPathComponent("model.safetensors").path
    let byteCount = try? manager.attributesOfItem(atPath: weights)[.size] as? Int
    // Renaming a folder over an empty one is a single step.
    guard rename(draft.path, target.path) == 0 else { throw failure(target) }
    return Report(folder: target, files: files, byteCount: byteCount ?? 0)
  }

  /// Whether a folder can be written: before long work is done for it. Throws ``CheckpointError``.
  public static func validate(output folder: URL) throws {
    let manager = FileManager.default
    let target = folder.standardizedFileURL
    if manager.fileExists(atPath: target.path) {
      guard let content = try? manager.contentsOfDirectory(atPath: target.path), content.isEmpty else {
        throw CheckpointError.outputExists(path: target.path)
      }
    }
    let parent = target.deletingLastPathComponent()
    guard manager.fileExists(atPath: parent.path) else {
      throw CheckpointError.unwritable(path: target.path, reason: "there is no folder \(parent.path)")
    }
  }

  private static func fill(
    _ draft: URL, with checkpoint: Checkpoint, storage: StorageType, roundsRows: Bool,
    warnings: inout [String]
  ) throws -> [String] {
    let overflows = try SafetensorsWriter(storage: storage, roundsRows: roundsRows).write(
      checkpoint.tensors, to: draft.appendingPathComponent("model.safetensors"))
    if let worst = overflows.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) {
      let count = overflows.values.reduce(0, +)
      warnings.append(
        "\(count) numbers are too large for \(storage.rawValue) and became infinite, "
          + "most of them in \(worst.key); choose F32 or BF16")
    }
    try write(
      checkpoint.configuration.huggingFaceDocument(storage: storage, roundsRows: roundsRows),
      to: draft.appendingPathComponent("config.json"))
    var files = ["config.json", "model.safetensors"]
    if let source = checkpoint.source?.folder {
      for name in companions where try copy(name, from: source, to: draft) { files.append(name) }
    }
    if !files.contains("preprocessor_config.json"), !files.contains("processor_config.json") {
      if let document = try images(of: checkpoint, warnings: &warnings) {
        try write(document, to: draft.appendingPathComponent("preprocessor_config.json"))
        files.append("preprocessor_config.json")
      }
    }
    if !files.contains(where: ["tokenizer.json", "vocab.json", "bpe_simple_vocab_16e6.txt.gz"].contains) {
      warnings.append("the source has no tokenizer; put vocab.json and merges.txt into the folder")
    }
    return files.sorted()
  }

  package static func write(_ document: JSONValue, to url: URL) throws {
    do {
      try Data((document.text(isIndented: true) + "\n").utf8).write(to: url)
    } catch {
      throw CheckpointError.unwritable(path: url.path, reason: systemReason(of: error))
    }
  }

  /// Copies a file, following links; false if there is none.
  private static func copy(_ name: String, from source: URL, to draft: URL) throws -> Bool {
    let file = source.appendingPathComponent(name)
    guard FileManager.default.fileExists(atPath: file.path) else { return false }
    let content = try MappedFile(file)
    let url = draft.appendingPathComponent(name)
    do {
      try Data(content.bytes).write(to: url)
    } catch {
      throw CheckpointError.unwritable(path: url.path, reason: systemReason(of: error))
    }
    return true
  }

  private static func failure(_ url: URL) -> CheckpointError {
    .unwritable(path: url.path, reason: String(cString: strerror(errno)))
  }
}
