public import Foundation

/// Models that come with the program and are named by one word, a folder each.
///
/// Looked for in the folders that `PLUMB_MODELS` names (with colons between), in `../share/plumb/models`, where an
/// installation has them, and in `Models` beside the program or up to four folders above it, which is where a package's
/// build finds the package's own.
public struct BuiltInModels: Sendable {
  /// The folders of models, the first one first.
  public let folders: [URL]
  /// The same in words, for a message.
  let places: [String]

  /// How many folders above the program's own are looked at: a package's `.build/<machine>/release` is three deep.
  private static let levels = 4

  /// The places for a program; for this one by default.
  public init(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    program: URL? = Bundle.main.executableURL
  ) {
    let named = (environment["PLUMB_MODELS"] ?? "").split(separator: ":").map {
      URL(fileURLWithPath: String($0), isDirectory: true)
    }
    var folders = named
    var places = named.map(\.path)
    if let program {
      let own = program.resolvingSymlinksInPath().deletingLastPathComponent()
      // First, since the folders above an installed program are the user's.
      let shared = own.deletingLastPathComponent().appendingPathComponent(
        "share/plumb/models", isDirectory: true)
      folders.append(shared)
      var folder = own
      for _ in 0...Self.levels where folder.path != "/" {
        folders.append(folder.appendingPathComponent("Models", isDirectory: true))
        folder = folder.deletingLastPathComponent()
      }
      places += [shared.path, "Models beside \(own.path) or above it"]
    }
    self.folders = folders
    self.places = places
  }

  /// The folder of a model, or nil where there is none of that name.
  public func folder(of name: String) -> URL? {
    guard HubReference.isPlain(name) else { return nil }
    return folders.map { $0.appendingPathComponent(name, isDirectory: true) }.first {
      FileManager.default.fileExists(atPath: $0.path)
    }
  }
}
