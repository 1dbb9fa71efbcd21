import Files
public import Foundation

extension METEORTable {
  /// Where `plumb meteor install` puts the tables: the file that `PLUMB_METEOR` names, or
  /// `plumb/meteor-1.5-en.tables` in the user's data folder (`XDG_DATA_HOME`, `~/.local/share` without it).
  public static var installedFile: URL { installedFile(ProcessInfo.processInfo.environment) }

  /// The place that an environment asks for.
  package static func installedFile(_ environment: [String: String]) -> URL {
    if let file = environment["PLUMB_METEOR"], !file.isEmpty { return URL(fileURLWithPath: file) }
    return UserData.url("meteor-1.5-en.tables", environment: environment)
  }

  /// Whether there is such a file.
  public static var areInstalled: Bool { FileManager.default.fileExists(atPath: installedFile.path) }
}
