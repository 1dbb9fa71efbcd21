import Foundation

/// A file of named tensors, whatever its format.
protocol WeightFile: Sendable {
  /// Where the file is.
  var url: URL { get }
  /// The names of all tensors.
  var names: [String] { get }
  /// The tensor of a name, or nil if there is none; throws ``CheckpointError`` for a type that is not computed with.
  func tensor(_ name: String) throws -> StoredTensor?
}

extension SafetensorsFile: WeightFile {
  var names: [String] { Array(entries.keys) }
}

extension TorchArchive: WeightFile {}

/// All tensors of a checkpoint, from one file or from several shards, without the prefixes that training adds.
struct WeightSet: Sendable {
  /// The files.
  let files: [any WeightFile]
  private let places: [String: (file: Int, name: String)]

  /// Wrappers put these before every name: `DistributedDataParallel`, `torch.compile`.
  private static let prefixes = ["module.", "_orig_mod."]

  /// Opens files by their content.
  init(_ urls: [URL]) throws {
    try self.init(files: urls.map(Self.open))
  }

  init(files: [any WeightFile]) throws {
    var places: [String: (file: Int, name: String)] = [:]
    for (index, file) in files.enumerated() {
      for name in file.names {
        var bare = Substring(name)
        while let prefix = Self.prefixes.first(where: { bare.hasPrefix($0) }) {
          bare = bare.dropFirst(prefix.count)
        }
        if places.updateValue((index, name), forKey: String(bare)) != nil {
          throw CheckpointError.damaged(
            file: file.url.path, key: name, expected: "each tensor once",
            found: "a second tensor of this name")
        }
      }
    }
    self.files = files
    self.places = places
  }

  private static func open(_ url: URL) throws -> any WeightFile {
    let file = try MappedFile(url)
    let start = [UInt8](file.bytes.prefix(16))
    if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return try TorchArchive(file: file) }
    if url.pathExtension.lowercased() == "safetensors" || (start.count > 8 && start[8] == UInt8(ascii: "{")) {
      if !start.starts(with: "version https://".utf8) { return try SafetensorsFile(file: file) }
    }
    throw CheckpointError.unknownFormat(file: url.path, found: guess(start))
  }

  /// What a file is that is no checkpoint.
  private static func guess(_ start: [UInt8]) -> String {
    if start.isEmpty { return "it is empty" }
    if start.starts(with: "version https://".utf8) {
      return "a Git LFS pointer: the file itself was not fetched"
    }
    if start.first == 0x80 {
      return "an old PyTorch file; load it and save it again with PyTorch 1.6 or later"
    }
    if start.first == UInt8(ascii: "<") { return "a web page" }
    return "it starts with \(start.prefix(4).map { String($0, radix: 16) }.joined(separator: " "))"
  }

  /// The only file, if it is an archive of `torch.jit.save`.
  var scriptArchive: TorchArchive? {
    guard files.count == 1, let archive = files.first as? TorchArchive, archive.isTorchScript else {
      return nil
    }
    return archive
  }

  /// The names, without prefixes.
  var names: Dictionary<String, (file: Int, name: String)>.Keys { places.keys }

  /// Whether there is a tensor of a name.
  func has(_ name: String) -> Bool { places[name] != nil }

  /// The tensor of a name without prefixes.
  func tensor(_ name: String) throws -> StoredTensor? {
    guard let place = places[name] else { return nil }
    return try files[place.file].tensor(place.name)
  }

  /// The path to name in a message about a tensor.
  func path(of name: String) -> String {
    places[name].map { files[$0.file].url.path } ?? path
  }

  /// The path to name in a message about all tensors.
  var path: String { files.first?.url.path ?? "" }
}
