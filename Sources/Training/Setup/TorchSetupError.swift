public import Foundation

/// What can keep the bridge to libtorch from being built.
public enum TorchSetupError: Error, Equatable {
  /// The bridge's sources are nowhere to be found.
  case noSources
  /// There is no `python3` to fetch torch with.
  case noPython
  /// Python makes no virtual environment.
  case noVirtualEnvironment(reason: String)
  /// pip does not give torch.
  case noWheel(requirement: String, python: String, reason: String)
  /// The network, or the index, does not answer.
  case noNetwork(requirement: String, reason: String)
  /// A folder is not torch's.
  case notTorch(path: String, lacking: String)
  /// Programs are missing, of these Debian packages.
  case missingTools(packages: [String])
  /// CMake is older than the bridge's.
  case oldCMake(found: String, needed: String)
  /// The bridge does not compile.
  case buildFailed(reason: String, log: String)
  /// Something cannot be written.
  case unusableFolder(path: String, reason: String)
}

extension TorchSetupError: LocalizedError, CustomStringConvertible {
  /// What is wrong and what to do, in a sentence.
  public var description: String {
    switch self {
    case .noSources:
      "the sources of the bridge to libtorch (TorchBridge) are neither beside plumb nor above it; "
        + "set PLUMB_SOURCE to the folder of plumb's package"
    case .noPython:
      "there is no python3 to fetch torch with; install it, or name a torch that is there with "
        + "`plumb torch setup --torch DIR`"
    case .noVirtualEnvironment(let reason):
      "python3 makes no virtual environment (\(reason)); run `sudo apt-get install -y python3-venv` and try again, or name "
        + "a torch that is there with `plumb torch setup --torch DIR`"
    case .noWheel(let requirement, let python, let reason):
      "pip has no \(requirement) for Python \(python) (\(reason)); name a torch that is there with "
        + "`plumb torch setup --torch DIR`"
    case .noNetwork(let requirement, let reason):
      "pip could not fetch \(requirement) (\(reason)); try again when the network is there, or name a torch that is there "
        + "with `plumb torch setup --torch DIR`"
    case .notTorch(let path, let lacking):
      "\(path) is no folder of torch's: there is no \(lacking) in it; name a site-packages/torch or a libtorch folder"
    case .missingTools(let packages):
      "the bridge to libtorch is built with programs that are not here; run `sudo apt-get update && "
        + "sudo apt-get install -y \(packages.joined(separator: " "))` and try again"
    case .oldCMake(let found, let needed):
      "cmake is version \(found), and the bridge to libtorch needs \(needed) or later; install a newer one, for example "
        + "with `pip install cmake`"
    case .buildFailed(let reason, let log):
      "the bridge to libtorch does not build (\(reason)); all that was said is in \(log)"
    case .unusableFolder(let path, let reason):
      "\(path) cannot be written to (\(reason)); set PLUMB_TORCH to a folder that can"
    }
  }

  /// The same.
  public var errorDescription: String? { description }
}
