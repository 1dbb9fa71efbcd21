import Files
public import Foundation

/// Where `plumb torch setup` leaves the bridge to libtorch.
public enum TorchInstallation {
  /// The folder of the bridge and of the torch that it belongs to: what `PLUMB_TORCH` names, or `plumb/torch` in the
  /// user's data folder (`XDG_DATA_HOME`, `~/.local/share` without it).
  public static var folder: URL {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["PLUMB_TORCH"], !folder.isEmpty { return URL(fileURLWithPath: folder) }
    return UserData.url("torch", environment: environment)
  }

  /// The bridge's place in ``folder``.
  public static var bridgeFile: URL { folder.appendingPathComponent("bridge/libplumb_torch.so") }

  /// The bridge that is there. Throws ``TorchError/notSetUp(expected:)``.
  public static func bridge() throws -> URL {
    guard isSetUp else { throw TorchError.notSetUp(expected: bridgeFile.path) }
    return bridgeFile
  }

  /// Whether there is a bridge.
  public static var isSetUp: Bool { FileManager.default.fileExists(atPath: bridgeFile.path) }
}
