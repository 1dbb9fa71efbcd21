import CKernels

/// Some outputs of a linear layer, with their weights in the form that the precision and the processor want.
struct LinearPart: @unchecked Sendable {
  // Unchecked: the weights are never written to after `init`, and `owner` keeps them alive.

  let firstOutput: Int
  let outputs: Int
  let inputs: Int
  private let form: Form
  private let layout: WeightLayout
  private let weights: UnsafeRawPointer
  private let owner: AnyObject & Sendable
  /// Per output, for bytes: the scale, and the sum of the weights.
  private let scales: [Float]
  private let sums: [Int32]

  /// How the weights are stored and multiplied.
  private enum Form {
    /// f32 by f32.
    case floats
    /// bf16 by bf16.
    case halves
    /// bf16 that are widened to f32, a block at a time, as they are used.
    case widened
    /// Unsigned by signed bytes.
    case bytes
  }

  // ------------------------------------------------------------ dividing the work

  /// How the outputs of a matrix are cut: packed weights cannot be cut later, so they are cut into halves that two
  /// threads can share.
  static func division(of rows: Int) -> [Range<Int>] {
    guard Hardware.prefersPacked, rows >= 256 else { return [0..<rows] }
    let middle = (rows / 2 + 63) / 64 * 64
    return [0..<middle, middle..<rows]
  }

  /// What a member of a team computes: parts, and the outputs of each.
  static func shares(of parts: [LinearPart], members: Int, member: Int) -> [(LinearPart, Range<Int>)] {
    guard members > 1 else { return parts.map { ($0, 0..<$0.outputs) } }
    if let first = parts.first, first.layout.isPacked {
      return parts.enumerated().filter { $0.offset % members == member }.map {
        ($0.element, 0..<$0.element.outputs)
      }
    }
    // Plain weights are cut anywhere; multiples of 16 keep the vectors full.
    let total = parts.reduce(0) { $0 + $1.outputs }
    let begin = total * member / members / 16 * 16
    let end = member == members - 1 ? total : total * (member + 1) / members / 16 * 16
    var result: [(LinearPart, Range<Int>)] = []
    var offset = 0
    for part in parts {
      let low = max(begin - offset, 0)
      let high = min(end - offset, part.outputs)
      if low < high { result.append((part, low..<high)) }
      offset += part.outputs
    }
    return result
  }

  // ------------------------------------------------------------ making the weights

  init(matrix: Matrix, rows: Range<Int>, firstOutput: Int, precision: Precision) throws {
    self.firstOutput = firstOutput
    outputs = rows.count
    inputs = matrix.columns
    var scales: [Float] = []
    var sums: [Int32] = []
    var plain: UnsafeRawPointer
    var plainOwner: AnyObject & Sendable
    switch precision {
    case .float32: form = .floats
    case .bfloat16: form = Hardware.multipliesBFloat16 ? .halves : .widened
    case .int8: form = .bytes
    }

    if form == .floats, let floats = matrix.floatsInPlace {
      plain = UnsafeRawPointer(floats + rows.lowerBound * inputs)
      plainOwner = matrix.owner
    } else {
      let buffer = try AlignedBuffer(byteCount: rows.count * inputs * Self.weightFormat(form).byteCount)
      if form == .floats {
        matrix.copyRows(rows, to: buffer.bound(to: Float.self))
      } else {
        try Self.convert(matrix, rows, form, to: buffer, scales: &scales, sums: &sums)
      }
      plain = UnsafeRawPointer(buffer.start)
      plainOwner = buffer
    }
    let isPacked = Hardware.prefersPacked && form != .widened
    layout = try WeightLayout(
      PlanKey(
        rows: 256, inputs: inputs, outputs: rows.count, sourceStride: inputs, destinationStride: rows.count,
        source: Self.sourceFormat(form), weights: form == .widened ? .float32 : Self.weightFormat(form),
        destination: form == .bytes ? .integer : .float32, hasBias: false, epilogue: .store,
        isPacked: isPacked))
    if isPacked {
      let packed = try layout.pack(plain)
      plain = UnsafeRawPointer(packed.start)
      plainOwner = packed
    }
    weights = plain
    owner = plainOwner
    self.scales = scales
    self.sums = sums
  }

  private static func weightFormat(_ form: Form) -> NumberFormat {
    switch form {
    case .floats: .float32
    case .halves, .widened: .bfloat16
    case .bytes: .signedByte
    }
  }

  private static func sourceFormat(_ form: Form) -> NumberFormat {
    switch form {
    case .floats, .widened: .float32
    case .halves: .bfloat16
    case .bytes: .unsignedByte
    }
  }

  /// Rounds weights row by row to bf16, or to bytes with a scale: the largest magnitude of a row becomes 127.
  private static func convert(
    _ matrix: Matrix, _ rows: Range<Int>, _ form: Form, to buffer: AlignedBuffer, scales: inout [Float],
    sums: inout [Int32]
  ) throws {
    let columns = matrix.columns
    let line = try AlignedBuffer(byteCount: columns * 4)
    let floats = line.bound(to: Float.self)
    let kernels = Kernels.best.table.pointee
    for (index, row) in rows.enumerated() {
      matrix.copyRows(row..<(row + 1), to: floats)
      if form == .bytes {
        let bytes = buffer.start.assumingMemoryBound(to: Int8.self) + index * columns
        var sum: Int32 = 0
        scales.append(kernels.quantize_weights(floats, columns, bytes, &sum))
        sums.append(sum)
      } else {
        let halves = buffer.start.assumingMemoryBound(to: UInt16.self) + index * columns
        kernels.narrow_bf16(floats, columns, halves)
      }
    }
  }

  // ------------------------------------------------------------ multiplying

  /// Computes `outputs` of this part for `rows` rows.
  func apply(
    _ source: Operand, firstRow: Int, rows: Int, outputs range: Range<Int>, bias: UnsafePointer<Float>?,
    to destination: UnsafeMutablePointer<Float>, stride: Int, epilogue: Epilogue, lane: Lane
  ) throws {
    guard rows > 0, !range.isEmpty else { return }
    let from = source.numbers + firstRow * source.columns * source.format.byteCount
    let size = Self.weightFormat(form).byteCount
    let first = weights + (layout.isPacked ? 0 : range.lowerBound * inputs * size)
    switch form {
    case .floats, .halves:
      try multiply(
        from, source.columns, rows, first, range.count, bias, destination, stride, epilogue, lane)
    case .widened:
      try multiplyWidened(
        from, source.columns, rows, first, range.count, bias, destination, stride, epilogue, lane)
    case .bytes:
      guard let rowScales = source.scales else { return }
      try multiplyBytes(
        from, source.columns, rowScales + firstRow, rows, first, range, bias, destination, stride, epilogue,
        lane)
    }
  }

  private func key(
    rows: Int, outputs: Int, sourceStride: Int, stride: Int, hasBias: Bool, epilogue: Epilogue
  ) -> PlanKey {
    PlanKey(
      rows: rows, inputs: inputs, outputs: outputs, sourceStride: sourceStride, destinationStride: stride,
      source: Self.sourceFormat(form), weights: form == .widened ? .float32 : Self.weightFormat(form),
      destination: form == .bytes ? .integer : .float32, hasBias: hasBias, epilogue: epilogue,
      isPacked: layout.isPacked)
  }

  private func plan(_ key: PlanKey, lane: Lane) throws -> ProductPlan {
    // A cut of plain weights is a layout of its own.
    try lane.plan(key, layout: key.outputs == outputs ? layout : WeightLayout(key))
  }

  private func multiply(
    _ source: UnsafeRawPointer, _ sourceStride: Int, _ rows: Int, _ weights: UnsafeRawPointer, _ outputs: Int,
    _ bias: UnsafePointer<Float>?, _ destination: UnsafeMutablePointer<Float>, _ stride: Int,
    _ epilogue: Epilogue,
    _ lane: Lane
  ) throws {
    let key = key(
      rows: rows, outputs: outputs, sourceStride: sourceStride, stride: stride, hasBias: bias != nil,
      epilogue: epilogue)
    let plan = try plan(key, lane: lane)
    try plan.execute(
      source, weights, bias: bias, to: destination, scratch: try lane.scratch(plan.scratchByteCount))
  }

  /// Widens as many rows of weights as fit the second-level cache, multiplies, and goes on.
  private func multiplyWidened(
    _ source: UnsafeRawPointer, _ sourceStride: Int, _ rows: Int, _ weights: UnsafeRawPointer, _ outputs: Int,
    _ bias: UnsafePointer<Float>?, _ destination: UnsafeMutablePointer<Float>, _ stride: Int,
    _ epilogue: Epilogue,
    _ lane: Lane
  ) throws {
    let block = max(16, (512 * 1024 / (4 * inputs)) / 16 * 16)
    let widen = Kernels.best.table.pointee.widen_bf16
    let halves = weights.assumingMemoryBound(to: UInt16.self)
    for first in Swift.stride(from: 0, to: outputs, by: block) {
      let count = min(block, outputs - first)
      let key = key(
        rows: rows, outputs: count, sourceStride: sourceStride, stride: stride, hasBias: bias != nil,
        epilogue: epilogue)
      let plan = try plan(key, lane: lane)
      let scratch = try lane.scratch(block * inputs * 4 + plan.scratchByteCount)
      let floats = scratch.assumingMemoryBound(to: Float.self)
      widen?(halves + first * inputs, count * inputs, floats)
      try plan.execute(
        source, floats, bias: bias.map { $0 + first }, to: destination + first,
        scratch: scratch + block * inputs * 4)
    }
  }

  /// Multiplies bytes in blocks of rows, so that the 32-bit sums are still in the cache when they are scaled.
  private func multiplyBytes(
    _ source: UnsafeRawPointer, _ sourceStride: Int, _ rowScales: UnsafeMutablePointer<plumb_row_scale>,
    _ rows: Int,
    _ weights: UnsafeRawPointer, _ range: Range<Int>, _ bias: UnsafePointer<Float>?,
    _ destination: UnsafeMutablePointer<Float>, _ stride: Int, _ epilogue: Epilogue, _ lane: Lane
  ) throws {
    let kernels = Kernels.best.table.pointee
    let block = 96
    for first in Swift.stride(from: 0, to: rows, by: block) {
      let count = min(block, rows - first)
      let key = key(
        rows: count, outputs: range.count, sourceStride: sourceStride, stride: range.count, hasBias: false,
        epilogue: .store)
      let plan = try plan(key, lane: lane)
      let sumBytes = (block * range.count * 4 + 63) / 64 * 64
      let lineBytes = (range.count * 4 + 63) / 64 * 64
      let scratch = try lane.scratch(sumBytes + lineBytes + plan.scratchByteCount)
      let products = scratch.assumingMemoryBound(to: Int32.self)
      let line = (scratch + sumBytes).assumingMemoryBound(to: Float.self)
      try plan.execute(
        source + first * sourceStride, weights, bias: nil, to: scratch,
        scratch: scratch + sumBytes + lineBytes)
      for row in 0..<count {
        let to = destination + (first + row) * stride
        let result = epilogue == .add ? line : to
        scales.withUnsafeBufferPointer { scales in
          sums.withUnsafeBufferPointer { sums in
            guard let scale = scales.baseAddress, let sum = sums.baseAddress else { return }
            kernels.dequantize(
              products + row * range.count, rowScales[first + row], sum + range.lowerBound,
              scale + range.lowerBound, bias, range.count, result)
          }
        }
        switch epilogue {
        case .store: break
        case .add: kernels.add(line, range.count, to)
        case .quickGELU: kernels.quick_gelu(to, range.count)
        case .gelu: kernels.gelu(to, range.count)
        }
      }
    }
  }
}
