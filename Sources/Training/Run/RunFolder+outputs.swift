public import Files
public import Foundation

extension RunFolder {
  /// Names what a run replaces in its folder, so that nothing that it reads lies there.
  ///
  /// - Parameters:
  ///   - folder: the folder, which need not be there yet.
  ///   - folders: what it replaces beside the state, the log and the models.
  ///   - files: the same of files.
  public static func addOutputs(
    in folder: URL, folders: [String] = [], files: [String] = [], to check: inout OutputCheck
  ) {
    for name in ["state.safetensors", "log.jsonl"] + files {
      check.write(folder.appendingPathComponent(name))
    }
    for name in ["best", "model", "measured"] + folders {
      check.replaceFolder(folder.appendingPathComponent(name, isDirectory: true))
    }
  }
}
