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
    return try SafetensorsFile(file: file)
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
