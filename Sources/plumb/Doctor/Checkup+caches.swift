import CLIP
import CaptionMetrics
import Files
import Foundation
import Retrieval
import Training

extension Checkup {
  /// What was fetched or computed and can be made again, with its size and how to free it.
  static func caches(_ environment: [String: String]) -> [Finding] {
    let hub = ModelLocator.hubCache(environment: environment)
    let models = UserData.url("models", environment: environment)
    return [
      cache(
        "fetched models", [hub], in: hub, free: "\(ShellWord.quoted(hub.path))/models--OWNER--NAME",
        "other programs use this cache too"),
      cache(
        "models of Plumb", owners(in: models), in: models,
        free: "\(ShellWord.quoted(models.path))/OWNER/NAME",
        "plumb model pull fetches it again"),
      cache("METEOR's tables", METEORTable.installedFile, "plumb meteor install makes them again"),
      cache("libtorch", TorchInstallation.folder, "plumb torch setup makes it again"),
      cache(
        "default index", ImageIndex.userDefault,
        "marks and saved searches are in it; plumb index makes the rest again"),
      Finding(
        name: "paraphrases", value: "OUTPUT.cache beside each output of plumb paraphrase",
        action: "remove it, and the language model is asked again"),
      Finding(
        name: "training", value: "the folder cache in each run folder",
        action: "remove it, and it is computed again"),
    ]
  }

  private static func cache(_ name: String, _ place: URL, _ remark: String) -> Finding {
    cache(name, [place], in: place, free: ShellWord.quoted(place.path), remark)
  }

  /// A cache of several parts of a folder.
  private static func cache(
    _ name: String, _ parts: [URL], in place: URL, free: String, _ remark: String
  ) -> Finding {
    let size = FolderSize(of: parts)
    guard size.exists else { return Finding(name: name, value: "none, \(place.path)") }
    return Finding(
      name: name, value: "\(size), \(place.path)", action: "rm -r \(free)   (\(remark))", bytes: size.bytes)
  }

  /// The folders of owners of models. In `~/.local`, the models of an installation stand beside them.
  private static func owners(in models: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: models.path)) ?? []
    return names.sorted().map { models.appendingPathComponent($0, isDirectory: true) }.filter {
      !FileManager.default.fileExists(atPath: $0.appendingPathComponent("config.json").path)
    }
  }
}
