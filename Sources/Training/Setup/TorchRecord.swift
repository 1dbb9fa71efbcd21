import CTorchBridge
import Files
public import Foundation
import JSON

/// What was built, as `torch.json` keeps it beside the bridge.
public struct TorchRecord: Sendable, Equatable {
  /// The version of torch, as `2.13.0+cpu`.
  public let torchVersion: String
  /// Its folder.
  public let torch: String
  /// The version of the table of functions.
  public let tableVersion: Int
  /// A hash of the bridge's sources.
  public let sources: String
  /// Whether processes can train together on CPUs.
  public let hasGloo: Bool
  /// Whether processes can train together on CUDA devices.
  public let hasNCCL: Bool
}

extension TorchRecord {
  private static let name = "torch.json"

  /// Reads the record of a folder. Throws ``TrainingError/unreadable(path:reason:)``.
  public init(in folder: URL) throws {
    let url = folder.appendingPathComponent(Self.name)
    do {
      let members = try JSONValue(parsing: Data(contentsOf: url)).object ?? [:]
      guard let version = members["torch_version"]?.string, let torch = members["torch"]?.string,
        let table = members["table_version"]?.integer, let sources = members["sources"]?.string,
        case .bool(let hasGloo) = members["gloo"], case .bool(let hasNCCL) = members["nccl"]
      else { throw TrainingError.unreadable(path: url.path, reason: "a key is missing") }
      self.init(
        torchVersion: version, torch: torch, tableVersion: table, sources: sources, hasGloo: hasGloo,
        hasNCCL: hasNCCL)
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError.unreadable(path: url.path, reason: systemReason(of: error))
    }
  }

  func write(in folder: URL) throws {
    let value = JSONValue.object([
      .init("torch_version", .string(torchVersion)), .init("torch", .string(torch)),
      .init("table_version", .integer(tableVersion)), .init("sources", .string(sources)),
      .init("gloo", .bool(hasGloo)), .init("nccl", .bool(hasNCCL)),
    ])
    let url = folder.appendingPathComponent(Self.name)
    do {
      try Data((value.text(isIndented: true) + "\n").utf8).write(to: url, options: .atomic)
    } catch {
      throw TorchSetupError.unusableFolder(path: url.path, reason: systemReason(of: error))
    }
  }

  /// Whether a bridge of this library and these sources would be the same.
  func isStill(_ library: TorchLibrary, _ sources: String) -> Bool {
    torchVersion == library.version && torch == library.folder.path && self.sources == sources
      && tableVersion == Int(PLUMB_TORCH_TABLE_VERSION)
  }
}
