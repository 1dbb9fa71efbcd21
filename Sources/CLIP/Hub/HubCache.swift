import Files
import Foundation

/// The folder that Hugging Face's tools share: contents under `blobs`, and a folder of links for each commit.
struct HubCache {
  /// The folder of all models.
  let root: URL

  /// Takes the folder from `HF_HUB_CACHE`, `HF_HOME` or `XDG_CACHE_HOME`, or else `~/.cache/huggingface/hub`.
  init(environment: [String: String]) {
    func folder(_ key: String) -> URL? {
      environment[key].flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0, isDirectory: true) }
    }
    root =
      folder("HF_HUB_CACHE") ?? folder("HUGGINGFACE_HUB_CACHE")
      ?? folder("HF_HOME")?.appendingPathComponent("hub")
      ?? folder("XDG_CACHE_HOME")?.appendingPathComponent("huggingface/hub")
      ?? UserData.home(environment).appendingPathComponent(".cache/huggingface/hub")
  }

  /// The folder of a model.
  func folder(of model: HubReference) -> URL {
    root.appendingPathComponent("models--\(model.owner)--\(model.name)", isDirectory: true)
  }

  /// Where a content stands.
  func blob(_ file: HubFile, of model: HubReference) -> URL {
    folder(of: model).appendingPathComponent("blobs").appendingPathComponent(file.identity)
  }

  /// The folder that shows a commit's files by name.
  func snapshot(_ commit: String, of model: HubReference) -> URL {
    folder(of: model).appendingPathComponent("snapshots").appendingPathComponent(commit, isDirectory: true)
  }

  /// Shows a content under its name in a snapshot.
  func link(_ file: HubFile, in snapshot: URL) throws {
    let link = snapshot.appendingPathComponent(file.name)
    let temporary = snapshot.appendingPathComponent(".\(file.name).\(getpid())")
    unlink(temporary.path)
    guard symlink("../../blobs/\(file.identity)", temporary.path) == 0,
      rename(temporary.path, link.path) == 0
    else { throw HubError.unwritable(path: link.path, reason: String(cString: strerror(errno))) }
  }

  /// Notes which commit a branch or a tag stands for.
  func note(_ commit: String, for model: HubReference) throws {
    guard model.revision != commit else { return }
    let file = folder(of: model).appendingPathComponent("refs").appendingPathComponent(model.revision)
    try HubClient.makeFolder(file.deletingLastPathComponent())
    do {
      try Data(commit.utf8).write(to: file, options: .atomic)
    } catch {
      throw HubError.unwritable(path: file.path, reason: systemReason(of: error))
    }
  }
}
