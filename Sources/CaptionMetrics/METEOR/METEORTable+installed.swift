public import Foundation

extension METEORTable {
  /// Where `plumb meteor install` puts the tables: the file that `PLUMB_METEOR` names, or
  /// `plumb/meteor-1.5-en.tables` in the user's data folder (`XDG_DATA_HOME`, `~/.local/share` without it).
  public static var installedFile: URL { installedFile(ProcessInfo.processInfo.environment) }

  /// The place that an environment asks for.
  package static func installedFile(_ environment: [String: String]) -> URL {
    if let file = environment["PLUMB_METEOR"], !file.isEmpty { return URL(fileURLWithPath: file) }
    let data: URL
    if let folder = environment["XDG_DATA_HOME"], folder.hasPrefix("/") {
      data = URL(fileURLWithPath: folder, isDirectory: true)
    } else {
      data = FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".local/share")
    }
    return data.appendingPathComponent("plumb/meteor-1.5-en.tables")
  }

  /// Whether there is such a file.
  public static var areInstalled: Bool { FileManager.default.fileExists(atPath: installedFile.path) }
}
