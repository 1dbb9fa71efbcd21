public import Foundation

/// A model that can be named as it stands.
public struct AvailableModel: Sendable, Equatable {
  /// What to type.
  public let name: String
  /// Where it is.
  public let folder: URL
}

extension ModelLocator {
  /// The models that are on this machine: built-in ones, those that Plumb fetched, and those in the cache of Hugging
  /// Face's tools. A folder counts if it has weights; whether these are a CLIP's is seen when it is opened.
  public static func available(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [AvailableModel] {
    var found: [AvailableModel] = []
    func add(_ name: String, _ folder: URL?) {
      var isFolder: ObjCBool = false
      guard let folder, !found.contains(where: { $0.name == name }),
        FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue,
        (try? CheckpointFiles(at: folder)) != nil
      else { return }
      found.append(AvailableModel(name: name, folder: folder))
    }
    let builtIn = BuiltInModels(environment: environment)
    for name in Set(builtIn.folders.flatMap(content)).sorted() { add(name, builtIn.folder(of: name)) }
    let pulled = pullFolder(owner: "-", name: "-", environment: environment).deletingLastPathComponent()
      .deletingLastPathComponent()
    for owner in content(of: pulled) {
      for name in content(of: pulled.appendingPathComponent(owner)) {
        add("\(owner)/\(name)", pulled.appendingPathComponent("\(owner)/\(name)", isDirectory: true))
      }
    }
    for folder in content(of: HubCache(environment: environment).root) where folder.hasPrefix("models--") {
      let name = folder.dropFirst("models--".count).replacingOccurrences(of: "--", with: "/")
      add(name, try? resolve(name, environment: environment))
    }
    return found
  }

  private static func content(of folder: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { !$0.hasPrefix(".") }
      .sorted()
  }
}
