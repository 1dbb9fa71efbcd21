import CTorchBridge
public import Foundation

/// libtorch, opened at run time through the bridge that `plumb torch setup` builds, with the device to train on.
public final class Torch: Sendable {
  /// Where the bridge lies.
  public let path: String
  /// The device that tensors are made on: -1 for the processor, else the CUDA device's number.
  public let device: Int32
  /// How many CUDA devices libtorch sees.
  public let cudaDevices: Int
  // The table is constant for as long as the process lives: the library is never closed.
  nonisolated(unsafe) let table: UnsafePointer<PlumbTorchTable>

  /// Opens a bridge.
  ///
  /// - Parameters:
  ///   - bridge: the library; that of ``TorchInstallation`` when nil.
  ///   - device: `cpu`, `cuda` or `cuda:N`.
  ///   - threads: how many threads an operation may use; torch's own choice when nil.
  /// - Throws: ``TorchError``.
  public init(bridge: URL? = nil, device: String = "cpu", threads: Int? = nil) throws {
    let url = try bridge ?? TorchInstallation.bridge()
    path = url.path
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw TorchError.unopenable(path: path, reason: String(cString: dlerror()))
    }
    guard let symbol = dlsym(library, "plumb_torch_table") else {
      throw TorchError.unopenable(path: path, reason: "it exports no plumb_torch_table")
    }
    let version = UInt32(PLUMB_TORCH_TABLE_VERSION)
    let function = unsafeBitCast(
      symbol, to: (@convention(c) (UInt32) -> UnsafePointer<PlumbTorchTable>?).self)
    guard let table = function(version), table.pointee.version == version else {
      throw TorchError.otherTable(path: path, expected: version)
    }
    self.table = table
    var found: Int32 = 0
    if table.pointee.cuda_devices(&found) != 0 { found = 0 }
    cudaDevices = Int(found)
    self.device = try Self.number(of: device, found: Int(found))
    if let threads { try check("set_threads", table.pointee.set_threads(Int32(clamping: threads))) }
  }

  private static func number(of name: String, found: Int) throws -> Int32 {
    if name == "cpu" { return -1 }
    let number = name == "cuda" ? 0 : name.hasPrefix("cuda:") ? Int32(name.dropFirst(5)) : nil
    guard let number, number >= 0, Int(number) < found else {
      throw TorchError.noDevice(name: name, found: found)
    }
    return number
  }

  /// The version of libtorch.
  public var version: String { String(cString: table.pointee.torch_version) }
  /// Whether processes can train together on CPUs.
  public var hasGloo: Bool { table.pointee.has_gloo }
  /// Whether processes can train together on CUDA devices.
  public var hasNCCL: Bool { table.pointee.has_nccl }

  /// Throws what the bridge says went wrong, when `status` is not 0.
  @inline(__always)
  func check(_ operation: @autoclosure () -> String, _ status: Int32) throws {
    if status != 0 { throw failure(operation()) }
  }

  private func failure(_ operation: String) -> TorchError {
    let text = String(cString: table.pointee.last_error())
    let line = text.split(separator: "\n").first.map(String.init) ?? "no reason given"
    return .failed(operation: operation, reason: line)
  }

  /// The tensor that an operation of the bridge hands out.
  @inline(__always)
  func produced(
    _ operation: @autoclosure () -> String, _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
  ) throws -> Tensor {
    var out: OpaquePointer?
    try check(operation(), body(&out))
    guard let out else { throw failure(operation()) }
    return Tensor(out, self)
  }
}
