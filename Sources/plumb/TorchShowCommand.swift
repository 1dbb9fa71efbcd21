import ArgumentParser
import Foundation
import JSON
import Training

/// `plumb torch show`.
struct TorchShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show which libtorch is set up, and the devices it can train on.")

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let torch = try Torch()
    let record = try? TorchRecord(in: TorchInstallation.folder)
    try Output.line(json ? Self.json(torch, record) : Self.summary(torch, record))
  }

  /// What is set up, for people.
  static func summary(_ torch: Torch, _ record: TorchRecord?) -> String {
    """
    torch \(record?.torchVersion ?? torch.version)
      place      \(record?.torch ?? "not recorded")
      bridge     \(torch.path)
      devices    \(devices(torch))
      processes  \(processes(torch))
    """
  }

  /// What it can train on.
  static func devices(_ torch: Torch) -> String {
    (["cpu"] + (0..<torch.cudaDevices).map { "cuda:\($0)" }).joined(separator: ", ")
  }

  /// How processes can train together.
  static func processes(_ torch: Torch) -> String {
    let together = [("gloo", torch.hasGloo), ("nccl", torch.hasNCCL)].filter(\.1).map(\.0)
    return together.isEmpty ? "single process only" : together.joined(separator: ", ")
  }

  /// The same as JSON.
  private static func json(_ torch: Torch, _ record: TorchRecord?) throws -> String {
    try JSONValue.object([
      .init("torch_version", .string(record?.torchVersion ?? torch.version)),
      .init("torch", record.map { .string($0.torch) } ?? .null), .init("bridge", .string(torch.path)),
      .init("cuda_devices", .integer(torch.cudaDevices)), .init("gloo", .bool(torch.hasGloo)),
      .init("nccl", .bool(torch.hasNCCL)),
    ]).text()
  }
}
