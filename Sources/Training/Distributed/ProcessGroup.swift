import CTorchBridge
public import Foundation

/// The processes that train one model together, each with its part of every batch.
///
/// Started by `torchrun`, or by anything that sets the same variables: `RANK`, `WORLD_SIZE`, `MASTER_ADDR`, `MASTER_PORT` and
/// `LOCAL_RANK`. They speak by torch's c10d, Gloo on CPUs and NCCL on CUDA devices.
public final class ProcessGroup {
  /// This process among them, from 0.
  public let rank: Int
  /// How many there are.
  public let worldSize: Int
  private let torch: Torch
  private let group: OpaquePointer?

  /// One process alone.
  public init(alone torch: Torch) {
    self.torch = torch
    rank = 0
    worldSize = 1
    group = nil
  }

  /// Where a process finds the others.
  public struct Place: Sendable, Equatable {
    /// The process's number, from 0.
    public var rank: Int
    /// The number of processes.
    public var worldSize: Int
    /// Its number on its machine, which tells its device.
    public var localRank: Int
    /// Where process 0 listens.
    public var host: String
    /// The port it listens at.
    public var port: Int

    /// What the environment says; nil where it speaks of no others. Throws ``TrainingError/processes(reason:)``.
    public init?(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
      guard let size = environment["WORLD_SIZE"] else { return nil }
      func number(_ name: String, _ range: Range<Int>, or fallback: Int? = nil) throws -> Int {
        guard let text = environment[name] else {
          if let fallback { return fallback }
          throw TrainingError.processes(
            reason: "WORLD_SIZE is set and \(name) is not; start with torchrun, or set all that it sets")
        }
        guard let value = Int(text), range.contains(value) else {
          throw TrainingError.processes(
            reason: "\(name) is \(text), and not a number from \(range.lowerBound) to \(range.upperBound - 1)"
          )
        }
        return value
      }
      guard let worldSize = Int(size), worldSize >= 1, worldSize <= 65_536 else {
        throw TrainingError.processes(reason: "WORLD_SIZE is \(size), and not a number from 1 to 65536")
      }
      self.worldSize = worldSize
      rank = try number("RANK", 0..<worldSize)
      localRank = try number("LOCAL_RANK", 0..<worldSize, or: rank)
      host = environment["MASTER_ADDR"] ?? "127.0.0.1"
      port = try number("MASTER_PORT", 1..<65_536, or: 29_500)
    }
  }

  /// Opens the device of a run, and joins the other processes where the environment speaks of them; `cuda` is then the
  /// device of the process's own number. Throws ``TorchError``, ``TrainingError/processes(reason:)``.
  public static func joined(device: String, threads: Int?) throws -> (Torch, ProcessGroup) {
    let place = try Place()
    var device = device
    if device == "cuda", let place { device = "cuda:\(place.localRank)" }
    let torch = try Torch(device: device, threads: threads)
    try torch.keepFreedMemory()
    return (torch, try place.map { try ProcessGroup($0, torch: torch) } ?? ProcessGroup(alone: torch))
  }

  /// Joins the others and waits until all are there, at most `timeout` seconds. Throws ``TorchError``.
  public init(_ place: Place, torch: Torch, timeout: Double = 600) throws {
    self.torch = torch
    rank = place.rank
    worldSize = place.worldSize
    guard worldSize > 1 else {
      group = nil
      return
    }
    var out: OpaquePointer?
    try torch.check(
      "join",
      torch.table.pointee.join(
        torch.device < 0 ? "gloo" : "nccl", place.host, Int32(place.port), Int32(place.rank),
        Int32(place.worldSize), timeout, torch.device, &out))
    group = out
  }

  deinit { if let group { torch.table.pointee.leave(group) } }

  /// Rows of all processes, (B, …) each to (worldSize·B, …), with the gradients of this process's own rows.
  ///
  /// A loss over the rows of all then has, summed over the processes, the gradients of one process with the whole batch,
  /// but for parameters that the loss itself uses, which every process sees whole: see ``sharedByAll(_:)``.
  public func gathered(_ rows: Tensor) throws -> Tensor {
    guard let group else { return rows }
    let all = try torch.produced("gather") { torch.table.pointee.gather(group, rows.handle, $0) }
    let count = rows.shape[0]
    var parts: [Tensor] = []
    if rank > 0 { parts.append(try all.slice(0, 0..<(rank * count))) }
    parts.append(rows)
    if rank < worldSize - 1 { parts.append(try all.slice(0, ((rank + 1) * count)..<(worldSize * count))) }
    return try torch.concatenated(parts)
  }

  /// A parameter as a loss over the rows of all uses it (CLIP's factor of the logits): its value, and one process's share
  /// of its gradient, so that ``sumGradients(of:)`` does not count it once a process.
  public func sharedByAll(_ parameter: Tensor) throws -> Tensor {
    guard worldSize > 1 else { return parameter }
    let value = try parameter.detached()
    return try (parameter - value) / Double(worldSize) + value
  }

  /// Adds the gradients of all processes up, in each.
  public func sumGradients(of parameters: [Tensor]) throws {
    guard let group else { return }
    // A parameter without a gradient here may have one elsewhere; all walk the same list.
    let has = try sum(parameters.map { try $0.gradient() == nil ? 0 : 1 })
    let shared = zip(parameters, has).filter { $0.1 > 0 }.map(\.0)
    for chunk in Self.chunks(shared) {
      let gradients = try chunk.map { parameter in
        if let gradient = try parameter.gradient() { return gradient }
        try (parameter * 0).sum().backward()
        return try parameter.gradient() ?? torch.full(0, parameter.shape)
      }
      try torch.withoutGradients {
        let flat = try torch.concatenated(gradients.map { try $0.reshaped([-1]) })
        try torch.check("sum_over_processes", torch.table.pointee.sum_over_processes(group, flat.handle))
        var start = 0
        for gradient in gradients {
          let count = gradient.count
          let sum = try flat.slice(0, start..<(start + count)).reshaped(gradient.shape)
          start += count
          try torch.blend([gradient], towards: [sum], weight: 1)
        }
      }
    }
  }

  /// The parameters in runs of about 16 M numbers: one exchange each.
  private static func chunks(_ parameters: [Tensor]) -> [[Tensor]] {
    var chunks: [[Tensor]] = [[]]
    var size = 0
    for parameter in parameters {
      if size > 0, size + parameter.count > 16_000_000 {
        chunks.append([])
        size = 0
      }
      chunks[chunks.count - 1].append(parameter)
      size += parameter.count
    }
    return chunks
  }

  /// Gives the tensors of process 0 to all.
  public func share(_ tensors: [Tensor]) throws {
    guard let group else { return }
    for tensor in tensors {
      try torch.check("broadcast", torch.table.pointee.broadcast(group, tensor.handle, 0))
    }
  }

  /// The sum of a number over all processes.
  public func sum(_ number: Double) throws -> Double { try sum([number])[0] }

  /// The sums of numbers over all processes.
  public func sum(_ numbers: [Double]) throws -> [Double] {
    guard let group, !numbers.isEmpty else { return numbers }
    let tensor = try torch.doubles(numbers)
    try torch.check("sum_over_processes", torch.table.pointee.sum_over_processes(group, tensor.handle))
    return try numbers.indices.map { try tensor.slice(0, $0..<($0 + 1)).number() }
  }

  /// Waits for all.
  public func barrier() throws {
    guard let group else { return }
    try torch.check("barrier", torch.table.pointee.barrier(group))
  }

  /// Runs `body` in process 0, and when it is done there in the others, which find what it has left in a folder.
  public func firstThenOthers<R>(_ body: () throws -> R) throws -> R {
    if rank > 0 { try barrier() }
    let result = try body()
    if rank == 0 { try barrier() }
    return result
  }
}
