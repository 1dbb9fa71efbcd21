import Files
public import Foundation

/// Builds the bridge to libtorch, and before that gets a torch where none is named.
///
/// ```swift
/// let record = try TorchSetup().run { print($0) }
/// ```
///
/// Everything lies in one folder: `venv` with torch, `bridge` with the library, `torch.json`, which says what they are. A
/// bridge is replaced in one step, after it was opened once; whatever fails leaves the old one.
public struct TorchSetup {
  /// The version of torch that this version of Plumb is tested with.
  public static let testedVersion = "2.13.0"
  /// What pip is asked for.
  static let wheel = "torch==\(testedVersion)+cpu"

  private let torch: URL?
  private let folder: URL
  private let tools: Toolbox

  /// - Parameters:
  ///   - torch: A `site-packages/torch` or libtorch folder to build against; when nil that of the last time, or one
  ///     that pip fetches.
  ///   - folder: Where everything goes.
  ///   - environment: The variables that tools are found by.
  public init(
    torch: URL? = nil, folder: URL = TorchInstallation.folder,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.torch = torch
    self.folder = folder
    tools = Toolbox(environment: environment)
  }

  /// What came of it.
  public struct Outcome: Sendable {
    /// What there is now.
    public let record: TorchRecord
    /// Whether a bridge was built; otherwise the one that was there is still right.
    public let isNew: Bool
  }

  /// Does what is missing, and says so as it goes.
  ///
  /// - Throws: ``TorchSetupError``, ``TorchError``.
  public func run(note: (String) -> Void) throws -> Outcome {
    let sources = try BridgeSources.find(environment: tools.environment)
    try makeFolder(folder)
    let lock = try FolderLock(folder)
    defer { lock.release() }
    let library = try library(note)
    if !library.version.hasPrefix(Self.testedVersion) {
      note(
        "\(library.folder.path) is torch \(library.version); this plumb is tested with \(Self.testedVersion)")
    }
    let build = BridgeBuild(library: library, sources: sources, tools: tools, folder: folder)
    if let record = try? TorchRecord(in: folder), try record.isStill(library, sources.fingerprint()),
      TorchInstallation.hasGlooHeaders == record.hasGloo, (try? Torch(bridge: bridgeFile)) != nil
    {
      return Outcome(record: record, isNew: false)
    }
    removeBrokenOffBuilds()
    let record = try build.run(replacing: bridgeFile, note: note)
    try record.write(in: folder)
    return Outcome(record: record, isNew: true)
  }

  /// What a build left that was killed.
  private func removeBrokenOffBuilds() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.hasPrefix(BridgeBuild.scratchPrefix) {
      try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
  }

  private var bridgeFile: URL { folder.appendingPathComponent("bridge/libplumb_torch.so") }

  private func library(_ note: (String) -> Void) throws -> TorchLibrary {
    if let torch { return try TorchLibrary(at: torch) }
    if let last = try? TorchRecord(in: folder),
      let library = try? TorchLibrary(at: URL(fileURLWithPath: last.torch)),
      !library.folder.path.hasPrefix(folder.resolvingSymlinksInPath().path + "/")
    {
      return library
    }
    return try TorchEnvironment(folder: folder.appendingPathComponent("venv"), tools: tools).library(note)
  }
}

/// Makes a folder with those above it. Throws ``TorchSetupError/unusableFolder(path:reason:)``.
func makeFolder(_ url: URL) throws {
  do {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  } catch {
    throw TorchSetupError.unusableFolder(path: url.path, reason: systemReason(of: error))
  }
}

/// Keeps a second setup waiting while one is under way.
private struct FolderLock {
  private let descriptor: Int32

  init(_ folder: URL) throws {
    let path = folder.appendingPathComponent("setup.lock").path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw TorchSetupError.unusableFolder(path: folder.path, reason: String(cString: strerror(errno)))
    }
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
  }

  func release() { close(descriptor) }
}
