import CTorchBridge
import Foundation

/// Compiles the bridge with CMake.
struct BridgeBuild {
  static let neededCMake = "3.18"
  static let scratchPrefix = "build-"

  let library: TorchLibrary
  let sources: BridgeSources
  let tools: Toolbox
  /// Where builds and their logs go.
  let folder: URL

  /// Builds a bridge, opens it, and only then puts it into the place of the one that is there.
  ///
  /// - Throws: ``TorchSetupError``, ``TorchError``.
  func run(replacing target: URL, note: (String) -> Void) throws -> TorchRecord {
    try look(note)
    let scratch = folder.appendingPathComponent(Self.scratchPrefix + UUID().uuidString, isDirectory: true)
    try makeFolder(scratch)
    defer { try? FileManager.default.removeItem(at: scratch) }
    note("building the bridge to torch \(library.version)")
    var run = try compile(in: scratch, options: [])
    if run.status != 0, run.output.contains("NCCL") {
      note("it does not build with NCCL; leaving that out")
      run = try compile(in: scratch, options: ["-DWITH_NCCL=OFF"])
    }
    guard run.status == 0 else { throw failure(run) }
    let built = scratch.appendingPathComponent("libplumb_torch.so")
    let torch = try Torch(bridge: built)
    try makeFolder(target.deletingLastPathComponent())
    guard rename(built.path, target.path) == 0 else {
      throw TorchSetupError.unusableFolder(path: target.path, reason: String(cString: strerror(errno)))
    }
    return TorchRecord(
      torchVersion: library.version, torch: library.folder.path, tableVersion: Int(PLUMB_TORCH_TABLE_VERSION),
      sources: try sources.fingerprint(), hasGloo: torch.hasGloo, hasNCCL: torch.hasNCCL)
  }

  /// Sees to the programs that are needed.
  private func look(_ note: (String) -> Void) throws {
    let compiler = tools.environment["CXX"].flatMap { $0.isEmpty ? nil : $0 } ?? "c++"
    func missing() -> [String] {
      var packages: [String] = []
      if !tools.has("cmake") { packages.append("cmake") }
      if !tools.has(compiler) { packages.append("g++") }
      if !tools.has("make") { packages.append("make") }
      return packages
    }
    if !missing().isEmpty, !tools.install(missing(), note) || !missing().isEmpty {
      throw TorchSetupError.missingTools(packages: missing())
    }
    if !TorchInstallation.hasGlooHeaders, !tools.install(["libgloo-dev"], note) {
      note(
        "without libgloo-dev one process trains alone on CPUs; to use several, install it and set up again"
      )
    }
    let version = try tools.run(["cmake", "--version"]).output.split(whereSeparator: \.isWhitespace)
      .first { $0.first?.isNumber == true }
    if let version, Self.isOlder(version, than: Self.neededCMake) {
      throw TorchSetupError.oldCMake(found: String(version), needed: Self.neededCMake)
    }
  }

  private static func isOlder(_ version: some StringProtocol, than needed: String) -> Bool {
    let found = version.split(separator: ".").map { Int($0) ?? 0 }
    return found.lexicographicallyPrecedes(needed.split(separator: ".").map { Int($0) ?? 0 })
  }

  private func compile(in scratch: URL, options: [String]) throws -> Toolbox.Run {
    let configured = try tools.run(
      ["cmake", "-S", sources.folder.path, "-B", scratch.path, "-DTORCH=\(library.folder.path)"] + options)
    guard configured.status == 0 else { return configured }
    return try tools.run(["cmake", "--build", scratch.path, "--parallel"])
  }

  private func failure(_ run: Toolbox.Run) -> TorchSetupError {
    let log = folder.appendingPathComponent("build.log")
    try? Data(run.output.utf8).write(to: log)
    let lines = run.output.split(whereSeparator: \.isNewline)
    let error = lines.first { $0.contains("error:") || $0.contains("CMake Error") } ?? lines.last
    return .buildFailed(reason: error.map(String.init) ?? "status \(run.status)", log: log.path)
  }
}

extension TorchInstallation {
  /// Whether gloo's headers are there, by which processes can train together.
  static var hasGlooHeaders: Bool {
    ["/usr/include", "/usr/local/include"].contains {
      FileManager.default.fileExists(atPath: "\($0)/gloo/algorithm.h")
    }
  }
}
