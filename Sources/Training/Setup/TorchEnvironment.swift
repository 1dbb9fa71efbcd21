import Foundation

/// The virtual environment that holds a torch of Plumb's own, fetched with the user's pip.
struct TorchEnvironment {
  let folder: URL
  let tools: Toolbox

  /// The torch in it, which is fetched first if it is not there. Throws ``TorchSetupError``.
  func library(_ note: (String) -> Void) throws -> TorchLibrary {
    // Written last, so that an installation that was broken off is not taken for a whole one.
    let mark = folder.appendingPathComponent("\(TorchSetup.wheel) with torchrun")
    if FileManager.default.fileExists(atPath: mark.path), let library = try? TorchLibrary(at: folder) {
      return library
    }
    // An environment of before, with torch alone, only lacks what torchrun needs.
    let before = folder.appendingPathComponent(TorchSetup.wheel)
    let isWhole = FileManager.default.fileExists(atPath: before.path)
    let python = isWhole ? folder.appendingPathComponent("bin/python").path : try make(note)
    try fetch(python, note)
    let library = try TorchLibrary(at: folder)
    try Data().write(to: mark)
    return library
  }

  /// Makes the environment, and gives its Python.
  private func make(_ note: (String) -> Void) throws -> String {
    guard tools.has("python3") else { throw TorchSetupError.noPython }
    var made = try tools.run(["python3", "-m", "venv", "--clear", folder.path])
    if made.status != 0, tools.install(["python3-venv"], note) {
      made = try tools.run(["python3", "-m", "venv", "--clear", folder.path])
    }
    guard made.status == 0 else {
      try? FileManager.default.removeItem(at: folder)
      throw TorchSetupError.noVirtualEnvironment(reason: made.firstLine)
    }
    return folder.appendingPathComponent("bin/python").path
  }

  /// Asks the user's own index first, and PyTorch's where that has no such torch.
  private func fetch(_ python: String, _ note: (String) -> Void) throws {
    note("fetching \(TorchSetup.wheel) with pip (190 MB), and what torchrun needs of Python (15 MB)")
    let install = [
      python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--no-input",
      "--disable-pip-version-check", TorchSetup.wheel,
    ]
    var run = try tools.run(install)
    if run.status != 0, run.output.contains("No matching distribution") {
      run = try tools.run(install + ["--extra-index-url", "https://download.pytorch.org/whl/cpu"])
    }
    guard run.status != 0 else { return }
    let signs = [
      "Temporary failure in name resolution", "NewConnectionError", "Max retries", "timed out", "ProxyError",
    ]
    if signs.contains(where: run.output.contains) {
      throw TorchSetupError.noNetwork(requirement: TorchSetup.wheel, reason: run.lastError)
    }
    let version = try tools.run([python, "-c", "import platform; print(platform.python_version())"])
    throw TorchSetupError.noWheel(
      requirement: TorchSetup.wheel, python: version.firstLine, reason: run.lastError)
  }
}
