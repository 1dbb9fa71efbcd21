import Files
import Foundation
import JSON

/// The files that make up a checkpoint, found in a folder or beside a file.
struct CheckpointFiles {
  /// The folder.
  let folder: URL
  /// The weight files; several for a sharded checkpoint.
  let weights: [URL]

  private static let huggingFace = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
  ]
  private static let openCLIP = [
    "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin",
  ]
  private static let extensions: Set<String> = ["safetensors", "pt", "pth", "bin", "ckpt"]

  /// Looks at a folder or a file; throws ``CheckpointError``.
  init(at url: URL) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw FileReadError.notFound(path: url.path)
    }
    guard isFolder.boolValue else {
      folder = url.deletingLastPathComponent()
      weights = url.pathExtension == "json" ? try Self.shards(url) : [url]
      return
    }
    folder = try SentenceTransformersFolder.clip(in: url) ?? url
    weights = try Self.weights(in: folder)
  }

  /// A file of the folder, if it is there.
  func file(_ name: String) -> URL? {
    let url = folder.appendingPathComponent(name)
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }

  private static func weights(in folder: URL) throws -> [URL] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    } catch {
      throw FileReadError.unreadable(path: folder.path, reason: "the folder cannot be listed")
    }
    let present = Set(names)
    // Folders on the hub often hold the same model in both layouts; the one with its configuration wins.
    let order = present.contains("config.json") ? huggingFace + openCLIP : openCLIP + huggingFace
    if let name = order.first(where: present.contains) {
      if let adapter = ["adapter_model.safetensors", "adapter_model.bin"].first(where: present.contains) {
        throw CheckpointError.unmergedLoRA(
          file: folder.path, names: [adapter], reason: "nothing tells whether \(name) is to be used with it")
      }
      let url = folder.appendingPathComponent(name)
      return name.hasSuffix(".json") ? try shards(url) : [url]
    }
    let others = names.filter { extensions.contains(($0 as NSString).pathExtension.lowercased()) }.sorted()
    if others.count == 1 { return [folder.appendingPathComponent(others[0])] }
    if others.isEmpty, let foreign = names.filter(ForeignWeights.isName).sorted().first {
      let file = try MappedFile(folder.appendingPathComponent(foreign))
      let found = ForeignWeights(file.bytes, name: foreign)
      throw CheckpointError.otherFormat(
        file: file.url.path, what: found?.what ?? "a model of another framework",
        remedy: found?.remedy ?? "use the safetensors or PyTorch weights that it was made from")
    }
    guard others.isEmpty else {
      throw CheckpointError.noWeights(
        folder: folder.path,
        lookedFor: order + ["or one single file (it holds \(others.count), name the one you mean)"])
    }
    throw CheckpointError.noWeights(folder: folder.path, lookedFor: order)
  }

  /// The files that a `*.index.json` names, which must lie beside it.
  private static func shards(_ index: URL) throws -> [URL] {
    let reader = try ConfigurationReader(index)
    guard let map = reader.members["weight_map"]?.object, !map.isEmpty else {
      throw CheckpointError.unknownFormat(
        file: index.path, found: "it is JSON without the weight_map of a sharded checkpoint")
    }
    var names: Set<String> = []
    for (tensor, file) in map {
      guard let name = file.string, !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
        throw reader.bad("weight_map.\(tensor.prefix(100))", "the name of a file beside it", file)
      }
      names.insert(name)
    }
    guard names.count <= 1_000 else {
      throw reader.bad("weight_map", "at most 1000 files", .integer(names.count))
    }
    let folder = index.deletingLastPathComponent()
    return names.sorted().map { folder.appendingPathComponent($0) }
  }
}
