import Files
import Foundation
public import JSON

/// What all shards of an output have in common, kept in its `run.json`, so that a run goes on only with what it began with.
public struct RunSettings: Sendable, Equatable {
  /// The file's name.
  static let file = "run.json"

  /// The settings in order, each with its value.
  public let members: [JSONValue.Member]

  /// Collects settings; `command` is what makes the output.
  init(command: String, _ members: [JSONValue.Member]) {
    self.members = [.init("command", .string(command)), .init("plumb", .string(plumbVersion))] + members
  }

  /// Reads those of an output.
  ///
  /// - Throws: ``ShardingError/foreignOutput(path:found:)``, ``ShardingError/damagedOutput(file:problem:)``.
  init(of output: URL) throws {
    let url = output.appendingPathComponent(Self.file)
    guard let data = try? Data(contentsOf: url) else {
      throw ShardingError.foreignOutput(
        path: output.relativePath, found: "there is no \(Self.file) in it, so that it is no output of a run")
    }
    guard case .object(let members)? = try? JSONValue(parsing: data) else {
      throw ShardingError.damagedOutput(file: url.relativePath, problem: "it is no JSON object")
    }
    self.members = members
  }

  /// The value of a setting, as text.
  subscript(key: String) -> String? { members.last { $0.key == key }.map { Self.text($0.value) } }

  /// Begins an output with these settings, or goes on with one that has the same.
  ///
  /// - Throws: ``ShardingError/otherSettings(folder:setting:there:here:)``, ``ShardingError/foreignOutput(path:found:)``,
  ///   `FileWriteError`.
  func open(_ output: URL) throws {
    var isFolder: ObjCBool = false
    let manager = FileManager.default
    if manager.fileExists(atPath: output.path, isDirectory: &isFolder), !isFolder.boolValue {
      throw ShardingError.foreignOutput(
        path: output.relativePath, found: "this is a file, where the folder of the output would be")
    }
    do { try manager.createDirectory(at: output, withIntermediateDirectories: true) } catch {
      throw FileWriteError.failed(file: output.relativePath, reason: "the folder cannot be made")
    }
    // Of processes that start together one writes the file, and the others compare.
    guard let lock = try ShardLock(Self.file, in: output, waits: true) else { return }
    defer { withExtendedLifetime(lock) {} }
    if manager.fileExists(atPath: output.appendingPathComponent(Self.file).path) {
      return try compare(with: RunSettings(of: output), in: output)
    }
    let names = (try? manager.contentsOfDirectory(atPath: output.path)) ?? []
    if let stranger = names.sorted().first(where: { !$0.hasPrefix(".") }) {
      throw ShardingError.foreignOutput(
        path: output.relativePath,
        found: "the folder holds other files already (\(stranger)), and no \(Self.file) of an earlier run")
    }
    try AtomicFile.write(
      JSONValue.object(members).text(isIndented: true) + "\n", to: output.appendingPathComponent(Self.file))
    try ShardFolder.synchronize(output)
  }

  /// Throws where settings differ; the first that does is named.
  private func compare(with earlier: RunSettings, in output: URL) throws(ShardingError) {
    guard let key = difference(from: earlier) else { return }
    throw .otherSettings(
      folder: output.relativePath, setting: key, there: earlier[key] ?? "not set", here: self[key] ?? "none")
  }

  /// The first setting that is another one there; nil where all are the same.
  func difference(from other: RunSettings) -> String? {
    (members.map(\.key) + other.members.map(\.key)).first { self[$0] != other[$0] }
  }

  private static func text(_ value: JSONValue) -> String {
    value.string ?? ((try? value.text()) ?? "")
  }
}
