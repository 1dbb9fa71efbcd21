import Foundation
import JSON

/// A file of a model on a hub.
struct HubFile: Sendable, Equatable {
  /// Its name.
  let name: String
  /// Its bytes, if the hub says.
  let size: Int?
  /// The SHA-256 of its content, in hexadecimal: the hub knows it for large files.
  let sha256: String?
  /// What names its content: the SHA-256, or git's id for a small file.
  let identity: String
}

/// What a hub answers about one revision of a model.
struct HubListing: Sendable {
  /// The commit that the revision stands for.
  let commit: String
  /// The files.
  let files: [HubFile]

  /// Reads the answer of `/api/models/{owner}/{name}/revision/{revision}?blobs=true`.
  init(_ data: Data, url: String) throws {
    guard let answer = (try? JSONValue(parsing: data))?.object else {
      throw HubError.badAnswer(url: url, expected: "a JSON object", found: Self.beginning(of: data))
    }
    guard let commit = answer["sha"]?.string, Self.isHexadecimal(commit) else {
      throw HubError.badAnswer(
        url: url, expected: "the commit's id under \"sha\"", found: answer["sha"]?.summary ?? "none")
    }
    guard let siblings = answer["siblings"]?.array else {
      throw HubError.badAnswer(
        url: url, expected: "the files under \"siblings\"", found: answer["siblings"]?.summary ?? "none")
    }
    self.commit = commit
    // A file whose name steps into a folder, or out of it, is none that a checkpoint needs.
    files = siblings.compactMap { sibling in
      guard let sibling = sibling.object, let name = sibling["rfilename"]?.string,
        HubReference.isPlain(name)
      else { return nil }
      let large = sibling["lfs"]?.object
      let sha256 = (large?["sha256"] ?? large?["oid"])?.string?.lowercased()
      let known = sha256.flatMap { $0.count == 64 && Self.isHexadecimal($0) ? $0 : nil }
      let git = sibling["blobId"]?.string.flatMap { Self.isHexadecimal($0) ? $0 : nil }
      let size = (large?["size"] ?? sibling["size"])?.integer.flatMap { $0 >= 0 ? $0 : nil }
      return HubFile(name: name, size: size, sha256: known, identity: known ?? git ?? "\(commit)-\(name)")
    }
  }

  /// The file of this name.
  func file(_ name: String) -> HubFile? { files.first { $0.name == name } }

  private static func isHexadecimal(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64 && text.allSatisfy { $0.isASCII && $0.isHexDigit }
  }

  private static func beginning(of data: Data) -> String {
    data.isEmpty ? "nothing" : "\"\(String(decoding: data.prefix(40), as: UTF8.self))…\""
  }
}

extension HubListing {
  /// What describes a model beside its weights.
  private static let descriptions = [
    "config.json", "open_clip_config.json", "preprocessor_config.json", "tokenizer.json",
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
    "bpe_simple_vocab_16e6.txt.gz",
  ]

  /// The weights to take, the best first: safetensors before a pickle, and what belongs to the configuration.
  private var weightNames: [String] {
    let own = ["model.safetensors", "model.safetensors.index.json"]
    let open = ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"]
    return file("config.json") == nil
      ? open + own + ["pytorch_model.bin"]
      : own + [open[0], "pytorch_model.bin", open[1]]
  }

  /// The files that are needed: the descriptions and one set of weights, or their index, which comes last.
  func needed(name: String) throws -> [HubFile] {
    guard let weights = weightNames.lazy.compactMap({ self.file($0) }).first else {
      throw HubError.noWeights(name: name, files: files.map(\.name))
    }
    return Self.descriptions.compactMap { file($0) } + [weights]
  }

  /// The shards that an index names.
  func shards(ofIndex data: Data, name: String, url: String) throws -> [HubFile] {
    guard let map = (try? JSONValue(parsing: data))?.object?["weight_map"]?.object, !map.isEmpty else {
      throw HubError.badAnswer(
        url: url, expected: "a table of tensors under \"weight_map\"", found: Self.beginning(of: data))
    }
    return try Set(map.values.map { $0.string ?? $0.summary }).sorted().map { shard in
      guard HubReference.isPlain(shard) else { throw HubError.unsafeFile(name: name, file: shard) }
      guard let file = file(shard) else { throw HubError.missingShard(name: name, file: shard) }
      return file
    }
  }
}
