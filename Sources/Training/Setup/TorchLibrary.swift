import Foundation

/// A libtorch with its headers: a wheel's `site-packages/torch`, or an unpacked libtorch.
struct TorchLibrary {
  let folder: URL
  /// As `2.13.0+cpu`.
  let version: String

  /// Takes the folder itself, or a `site-packages` or virtual environment that holds it.
  ///
  /// - Throws: ``TorchSetupError/notTorch(path:lacking:)``.
  init(at url: URL) throws {
    let candidates = [url, url.appendingPathComponent("torch")] + Self.packages(of: url)
    let needed = ["include/ATen/ATen.h", "lib/libtorch_cpu.so", "lib/libtorch.so", "lib/libc10.so"]
    func lacking(_ folder: URL) -> String? {
      needed.first { !FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path) }
    }
    guard let found = candidates.first(where: { lacking($0) == nil }) else {
      throw TorchSetupError.notTorch(path: url.path, lacking: lacking(url) ?? needed[0])
    }
    folder = found.standardizedFileURL.resolvingSymlinksInPath()
    version = Self.version(of: folder)
  }

  /// `lib/python3.N/site-packages/torch` of a virtual environment.
  private static func packages(of environment: URL) -> [URL] {
    let library = environment.appendingPathComponent("lib")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: library.path)) ?? []
    return names.filter { $0.hasPrefix("python3") }.sorted().map {
      library.appendingPathComponent("\($0)/site-packages/torch")
    }
  }

  /// A wheel says it in `version.py`, libtorch in `build-version`.
  private static func version(of folder: URL) -> String {
    func text(_ name: String) -> String? {
      try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }
    if let line = text("version.py")?.split(separator: "\n").first(where: { $0.hasPrefix("__version__") }) {
      let parts = line.split(whereSeparator: { $0 == "'" || $0 == "\"" })
      if parts.count > 1 { return String(parts[1]) }
    }
    return text("build-version")?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "of an unknown version"
  }
}
