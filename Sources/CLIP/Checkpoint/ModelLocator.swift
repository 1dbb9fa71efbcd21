import Files
public import Foundation

/// Finds the model that a user names.
public enum ModelLocator {
  /// The folder or the file of a model.
  ///
  /// Looked at in this order: the name as a path; a built-in model of that name, in the places of
  /// ``BuiltInModels``; and for `owner/name[@revision]` the
  /// cache of Hugging Face's tools (`HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `~/.cache/huggingface/hub`), then
  /// Plumb's own folder.
  ///
  /// - Parameters:
  ///   - name: what the user typed.
  ///   - environment: the variables that say where models are.
  /// - Throws: ``CheckpointError/modelNotFound(name:looked:remedy:)``, which lists the places.
  public static func resolve(
    _ name: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> URL {
    let path = URL(fileURLWithPath: (name as NSString).expandingTildeInPath)
    if !name.isEmpty, exists(path) { return path }
    var looked = [path.path]
    if HubReference.isPlain(name) {
      let builtIn = BuiltInModels(environment: environment)
      if let folder = builtIn.folder(of: name) { return folder }
      looked += builtIn.places
    }
    guard let model = try? HubReference(name) else {
      throw CheckpointError.modelNotFound(
        name: name, looked: looked,
        remedy: "Name the folder or the file of a checkpoint, owner/name, or one that plumb model list shows."
      )
    }
    let cache = HubCache(environment: environment)
    for folder in snapshots(of: model, in: cache) {
      if exists(folder) { return folder }
    }
    looked.append(cache.folder(of: model).path)
    let folder = pullFolder(owner: model.owner, name: model.name, environment: environment)
    if model.revision == "main", exists(folder) { return folder }
    looked.append(folder.path)
    throw CheckpointError.modelNotFound(
      name: name, looked: looked, remedy: "Fetch it with: plumb model pull \(name)")
  }

  /// A name for people: `owner/name` for a folder in the cache of Hugging Face's tools, else the path's last part.
  static func displayName(of url: URL) -> String {
    let parts = url.standardizedFileURL.pathComponents
    guard let index = parts.lastIndex(of: "snapshots"), index > 0, parts[index - 1].hasPrefix("models--")
    else { return parts.last ?? url.path }
    return parts[index - 1].dropFirst("models--".count).replacingOccurrences(of: "--", with: "/")
  }

  /// Plumb's own folder for a model: `$XDG_DATA_HOME/plumb/models/owner/name`, by default under
  /// `~/.local/share`.
  public static func pullFolder(
    owner: String, name: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> URL {
    UserData.url("models", environment: environment)
      .appendingPathComponent("\(owner)/\(name)", isDirectory: true)
  }

  /// The cache that Hugging Face's tools share, where `plumb model pull` puts models.
  package static func hubCache(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> URL { HubCache(environment: environment).root }

  /// The folder of the commit that the revision stands for, and of the revision taken as a commit.
  private static func snapshots(of model: HubReference, in cache: HubCache) -> [URL] {
    let reference = cache.folder(of: model).appendingPathComponent("refs/\(model.revision)")
    let noted = (try? String(contentsOf: reference, encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
    return [noted, model.revision].compactMap(\.self).filter(HubReference.isPlain).map {
      cache.snapshot($0, of: model)
    }
  }

  private static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
}
