import Files
import Foundation

/// A file of named tensors, whatever its format.
protocol WeightFile: Sendable {
  /// Where the file is.
  var url: URL { get }
  /// The names of all tensors.
  var names: [String] { get }
  /// The names of the tensors that are stored as float64, and narrowed to float32 where they are read.
  var doubles: [String] { get }
  /// The tensor of a name, or nil if there is none; throws ``CheckpointError`` for a type that is not computed with.
  func tensor(_ name: String) throws -> StoredTensor?
}

extension SafetensorsFile: WeightFile {
  var names: [String] { entries.keys.filter { !isScales($0) } }
  var doubles: [String] { entries.filter { $0.value.type == "F64" }.map(\.key) }
}

extension TorchArchive: WeightFile {}

/// All tensors of a checkpoint, from one file or from several shards, without the prefixes that training adds and with
/// low-rank changes merged into the weights.
struct WeightSet: Sendable {
  /// The files.
  let files: [any WeightFile]
  /// The names of all tensors that stand for themselves, without prefixes.
  let names: Set<String>
  private let places: [String: (file: Int, name: String)]
  private let changes: [String: LoRATensors.Change]
  private let scale: LoRAScale?

  /// Wrappers put these before every name: `DistributedDataParallel`, `torch.compile`.
  private static let wrappers = ["module.", "_orig_mod."]

  /// Opens files by their content; `adapter` is the file that tells the scale of low-rank changes, where there is one.
  init(_ urls: [URL], adapter: URL? = nil) throws {
    try self.init(files: urls.map(Self.open), adapter: adapter)
  }

  init(files: [any WeightFile], adapter: URL? = nil) throws {
    var places: [String: (file: Int, name: String)] = [:]
    let bare = files.map { file in file.names.map { ($0, LoRATensors.unwrapped(Self.withoutWrappers($0))) } }
    let path = files.first?.url.path ?? ""
    let prefix = try SharedPrefix.find(in: bare.joined().map(\.1), file: path)
    for (index, (file, names)) in zip(files, bare).enumerated() {
      for (name, bare) in names {
        let own = bare.hasPrefix(prefix) ? String(bare.dropFirst(prefix.count)) : bare
        if places.updateValue((index, name), forKey: own) != nil {
          throw FileReadError.damaged(
            file: file.url.path, key: name, expected: "each tensor once",
            found: "a second tensor of this name")
        }
      }
    }
    var low = LoRATensors()
    names = Set(places.keys.sorted().filter { !low.take($0) })
    scale = try low.isEmpty ? nil : Self.scale(of: low, adapter: adapter, weights: names, file: path)
    self.files = files
    self.places = places
    changes = low.changes
  }

  private static func withoutWrappers(_ name: String) -> String {
    var bare = Substring(name)
    while let prefix = wrappers.first(where: { bare.hasPrefix($0) }) { bare = bare.dropFirst(prefix.count) }
    return String(bare)
  }

  /// The scale of the changes, all of which must be ones that can be merged.
  private static func scale(
    of low: LoRATensors, adapter: URL?, weights: Set<String>, file: String
  ) throws -> LoRAScale {
    func refuse(_ reason: String) -> CheckpointError {
      .unmergedLoRA(file: file, names: low.names, reason: reason)
    }
    guard !weights.isEmpty else { throw refuse("the model that they belong to is not there") }
    if let strange = low.strange { throw refuse("\(strange) is of a kind that is not merged here") }
    for (weight, change) in low.changes.sorted(by: { $0.key < $1.key }) {
      guard weights.contains(weight) else { throw refuse("there is no \(weight) that they change") }
      guard change.down != nil, change.up != nil else {
        throw refuse("one of the two of \(weight) is missing")
      }
    }
    guard let adapter else { throw refuse("no adapter_config.json beside the weights tells their scale") }
    return try LoRAScale(adapter, names: low.names)
  }

  private static func open(_ url: URL) throws -> any WeightFile {
    let file = try MappedFile(url)
    let start = [UInt8](file.bytes.prefix(16))
    if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) || PickledStorages.begins(file.bytes) {
      return try TorchArchive(file: file)
    }
    let isSafetensors = start.count > 8 && start[8] == UInt8(ascii: "{")
    // A header that is not JSON is told by the format's own reader, where the name promises the format.
    if !isSafetensors, let foreign = ForeignWeights(file.bytes, name: url.lastPathComponent) {
      throw CheckpointError.otherFormat(file: url.path, what: foreign.what, remedy: foreign.remedy)
    }
    if isSafetensors || url.pathExtension.lowercased() == "safetensors" {
      return try SafetensorsFile(file: file)
    }
    let found = "it starts with \(start.prefix(4).map { String($0, radix: 16) }.joined(separator: " "))"
    throw CheckpointError.unknownFormat(file: url.path, found: found)
  }

  /// The only file, if it is an archive of `torch.jit.save`.
  var scriptArchive: TorchArchive? {
    guard files.count == 1, let archive = files.first as? TorchArchive, archive.isTorchScript else {
      return nil
    }
    return archive
  }

  /// Whether some tensors are stored as float64.
  var hasDoubles: Bool { files.contains { !$0.doubles.isEmpty } }

  /// How many weights have a low-rank change merged into them.
  var mergedCount: Int { changes.count }

  /// The tensor of a name without prefixes, its low-rank change merged.
  func tensor(_ name: String) throws -> StoredTensor? {
    let base = try stored(name)
    guard let base, let change = changes[name], let scale else { return base }
    guard let down = try change.down.flatMap(stored), let up = try change.up.flatMap(stored),
      let merged = base.adding(scale.factor, up: up, down: down, rank: scale.rank)
    else {
      throw CheckpointError.unmergedLoRA(
        file: path(of: name), names: [change.down ?? name],
        reason: "their shapes do not fit the rank \(scale.rank) of adapter_config.json and \(name)")
    }
    return merged
  }

  private func stored(_ name: String) throws -> StoredTensor? {
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
