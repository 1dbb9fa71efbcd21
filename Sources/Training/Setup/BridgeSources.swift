import Files
import Foundation

/// The sources of the bridge: the folder `TorchBridge`, and the header of its table.
struct BridgeSources {
  let folder: URL

  /// Looks where `PLUMB_SOURCE` says, in the executable's folder and those above it, and in `../share/plumb`.
  ///
  /// - Throws: ``TorchSetupError/noSources``.
  static func find(environment: [String: String]) throws -> BridgeSources {
    var places: [URL] = []
    if let named = environment["PLUMB_SOURCE"], !named.isEmpty {
      let url = URL(fileURLWithPath: named, isDirectory: true)
      places = [url.deletingLastPathComponent(), url]
    } else {
      let program = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
      var folder = program.resolvingSymlinksInPath().deletingLastPathComponent()
      places.append(folder.deletingLastPathComponent().appendingPathComponent("share/plumb"))
      while folder.path != "/" {
        places.append(folder)
        folder.deleteLastPathComponent()
      }
    }
    let found = places.lazy.map { BridgeSources(folder: $0.appendingPathComponent("TorchBridge")) }.first {
      FileManager.default.fileExists(atPath: $0.folder.appendingPathComponent("CMakeLists.txt").path)
        && $0.header != nil
    }
    guard let found else { throw TorchSetupError.noSources }
    return found
  }

  /// The table's header, in the package or beside the sources.
  private var header: URL? {
    ["../Sources/CTorchBridge/include/CTorchBridge.h", "include/CTorchBridge.h"]
      .map { folder.appendingPathComponent($0) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// A hash of all that is compiled.
  func fingerprint() throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let files = names.filter { $0.hasSuffix(".cpp") || $0.hasSuffix(".h") || $0.hasSuffix(".txt") }
      .map { folder.appendingPathComponent($0) }
    var hash = SHA256()
    for file in files + [header].compactMap(\.self) {
      let content = try Data(contentsOf: file)
      for part in [Data("\(file.lastPathComponent) \(content.count)\n".utf8), content] {
        part.withUnsafeBytes { hash.update($0) }
      }
    }
    return hash.hexadecimal()
  }
}
