import CTorchBridge

extension Torch {
  /// Lets the memory of large tensors on the processor that are freed serve the next ones: for a process that trains, and ends
  /// with its training.
  public func keepFreedMemory() throws { try check("keep_freed_memory", table.pointee.keep_freed_memory()) }

  /// Sets the seed of every generator.
  public func seed(_ seed: UInt64) throws { try check("seed", table.pointee.seed(seed)) }

  /// Prefers operations that give the same numbers in every run.
  public func setDeterministic(_ on: Bool) throws {
    try check("deterministic", table.pointee.deterministic(on))
  }

  /// The state of the device's generator, as bytes.
  public func generatorState() throws -> [UInt8] {
    try produced("generator_state") { table.pointee.generator_state(device, $0) }.bytes()
  }

  /// Puts a generator's state back.
  public func setGeneratorState(_ state: [UInt8]) throws {
    let tensor = try produced("from_bytes") { out in
      [Int64(state.count)].withUnsafeBufferPointer {
        table.pointee.from_bytes(state, ScalarType.uint8.number, $0.baseAddress!, 1, -1, out)
      }
    }
    try check("set_generator_state", table.pointee.set_generator_state(device, tensor.handle))
  }

  /// Runs `body` without recording it for gradients.
  public func withoutGradients<Result>(_ body: () throws -> Result) throws -> Result {
    var before = true
    try check("set_recording", table.pointee.set_recording(false, &before))
    defer {
      var ignored = true
      _ = table.pointee.set_recording(before, &ignored)
    }
    return try body()
  }

  /// Runs `body` with products in `type`, when it is given (mixed precision).
  public func mixed<Result>(_ type: ScalarType?, _ body: () throws -> Result) throws -> Result {
    guard let type else { return try body() }
    try check("set_mixed", table.pointee.set_mixed(device, true, type.number))
    defer { _ = table.pointee.set_mixed(device, false, type.number) }
    return try body()
  }

  /// Waits for what was asked of the device.
  public func synchronize() throws { try check("synchronize", table.pointee.synchronize(device)) }

  /// Runs a segment of the forward pass without keeping what it computes inside; it is run once more for the
  /// gradients (gradient checkpointing). At least one input must have a gradient.
  public func recomputed(_ inputs: [Tensor], _ segment: @escaping ([Tensor]) throws -> Tensor) throws
    -> Tensor
  {
    let box = SegmentBox(self, segment)
    let held = Unmanaged.passRetained(box)
    var out: OpaquePointer?
    let status = inputs.map(\.handle).withUnsafeBufferPointer { handles in
      // An empty list has no address, and none is read.
      table.pointee.recomputed(
        { context, inputs, count, output in
          let box = Unmanaged<SegmentBox>.fromOpaque(context!).takeUnretainedValue()
          guard let result = box.run(UnsafeBufferPointer(start: inputs, count: count)) else { return 1 }
          output.pointee = result
          return 0
        },
        held.toOpaque(), { Unmanaged<SegmentBox>.fromOpaque($0!).release() },
        handles.baseAddress ?? UnsafePointer(bitPattern: 8)!, handles.count, &out)
    }
    // What the segment itself threw says more than the bridge does.
    if let error = box.error { throw error }
    return try produced("recomputed") {
      $0.pointee = out
      return status
    }
  }
}

/// A segment of a forward pass, for the bridge to call.
private final class SegmentBox {
  private let torch: Torch
  private let body: ([Tensor]) throws -> Tensor
  private(set) var error: (any Error)?

  init(_ torch: Torch, _ body: @escaping ([Tensor]) throws -> Tensor) {
    self.torch = torch
    self.body = body
  }

  func run(_ inputs: UnsafeBufferPointer<OpaquePointer>) -> OpaquePointer? {
    // The inputs are lent, and the output is handed over: the bridge releases it.
    let lent = inputs.map { Tensor($0, torch, isLent: true) }
    do { return try body(lent).handedOver() } catch {
      self.error = error
      return nil
    }
  }
}
