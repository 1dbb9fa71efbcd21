import Files
import Foundation
import JSON

/// A folder of sentence-transformers: `modules.json` lists the modules that a text or an image goes through, each with
/// its own folder.
enum SentenceTransformersFolder {
  /// The folder of the CLIP, nil where the folder is not one of sentence-transformers.
  ///
  /// Throws ``CheckpointError/unsupportedModel(file:what:)`` for modules that compute something else or something
  /// more; normalising to unit length is no more, since scores are cosines.
  static func clip(in folder: URL) throws -> URL? {
    let list = folder.appendingPathComponent("modules.json")
    guard FileManager.default.fileExists(atPath: list.path) else { return nil }
    let modules = try modules(in: list)
    var clip: URL?
    for (index, module) in modules.enumerated() {
      let reader = ConfigurationReader(members: module, file: list.path, path: "[\(index)].")
      let type = try reader.string("type") ?? ""
      let kind = type.split(separator: ".").last ?? ""
      if kind == "Normalize" { continue }
      guard kind == "CLIPModel", clip == nil else {
        throw reader.unsupported("a model of sentence-transformers with the module \(type.prefix(100))")
      }
      let path = try reader.string("path") ?? ""
      guard !path.contains("/"), path != "..", path != "." else {
        throw reader.bad("path", "the name of a folder beside it", .string(path))
      }
      clip = path.isEmpty ? folder : folder.appendingPathComponent(path, isDirectory: true)
    }
    guard let clip else {
      throw CheckpointError.unsupportedModel(
        file: list.path, what: "a model of sentence-transformers without CLIPModel")
    }
    return clip
  }

  private static func modules(in list: URL) throws -> [[String: JSONValue]] {
    let file = try MappedFile(list)
    if let placeholder = PlaceholderFile(file.bytes) {
      throw CheckpointError.otherFormat(file: list.path, what: placeholder.what, remedy: placeholder.remedy)
    }
    let modules = (try? JSONValue(parsing: file.bytes))?.array?.map(\.object)
    guard let modules, modules.allSatisfy({ $0 != nil }) else {
      throw FileReadError.damaged(
        file: list.path, key: "the document", expected: "a list of modules", found: "something else")
    }
    return modules.compactMap(\.self)
  }
}
