public import Foundation

/// Where Plumb keeps what it installed or fetched for a user.
public enum UserData {
  /// A place in Plumb's folder: `$XDG_DATA_HOME/plumb/PATH`, under `~/.local/share` where the variable is not set or
  /// names no absolute path (the XDG Base Directory Specification says that such a one is ignored).
  public static func url(
    _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> URL {
    let data: URL
    if let folder = environment["XDG_DATA_HOME"], folder.hasPrefix("/") {
      data = URL(fileURLWithPath: folder, isDirectory: true)
    } else {
      data = home(environment).appendingPathComponent(".local/share")
    }
    return data.appendingPathComponent("plumb").appendingPathComponent(path)
  }

  /// The user's folder: `$HOME`, or that of the system's list of users where the variable is not set or names no absolute path.
  public static func home(_ environment: [String: String]) -> URL {
    if let home = environment["HOME"], home.hasPrefix("/") {
      return URL(fileURLWithPath: home, isDirectory: true)
    }
    return FileManager.default.homeDirectoryForCurrentUser
  }
}
