import Compute

/// A block of a convolutional trunk: what makes the channels of a depthwise convolution, that convolution, and the product
/// that brings them down to the block's outputs. Batch norms are folded into the three.
struct TrunkBlock: Sendable {
  /// What makes the depthwise convolution's channels: an expansion of the map before it or, in the first block of all, the
  /// convolution of the image.
  let front: Front
  let depthwise: DepthwiseConvolution
  let projection: Linear
  /// Whether the input is added to the output.
  let isResidual: Bool
  /// Lines of outputs that are computed at once: what lies between the products then stays in the second-level cache.
  let band: Int

  enum Front: Sendable {
    case image(TrunkStem)
    case expansion(Linear)
  }

  /// The floats of a band between the products.
  private static let bandFloats = 128 * 1024

  init(front: Front, depthwise: DepthwiseConvolution, projection: Linear, isResidual: Bool) {
    self.front = front
    self.depthwise = depthwise
    self.projection = projection
    self.isResidual = isResidual
    let windows = depthwise.windows
    let line = (windows.side * windows.stride + windows.across) * depthwise.channels
    let most = max(1, (Self.bandFloats - windows.side * windows.kernel * depthwise.channels) / line)
    let bands = (windows.across + most - 1) / most
    band = (windows.across + bands - 1) / bands
  }

  /// Lines of outputs, and outputs in a line.
  var across: Int { depthwise.windows.across }
  /// Channels that come out.
  var outputs: Int { projection.outputs }
  /// The lines that a band needs of the depthwise convolution's input, at most.
  var bandSourceRows: Int {
    min(depthwise.windows.side, (band - 1) * depthwise.windows.stride + depthwise.windows.kernel)
  }

  /// Computes some lines of outputs on the calling thread, band after band.
  ///
  /// - Parameters:
  ///   - source: The map that is read, sealed; the target itself where the block is residual and nobody else reads it.
  ///   - target: Where the lines go; they are sealed.
  func apply(
    _ source: Operand, rows: Range<Int>, to target: Operand, _ scratch: TrunkScratch,
    image: UnsafePointer<Float>,
    _ context: Context, member: Int
  ) throws {
    let windows = depthwise.windows
    let line = windows.side * depthwise.channels
    let hidden = scratch.hidden(channels: depthwise.channels)
    let expanded = scratch.expanded(of: self)
    // The lines that the scratch memory holds.
    var held = 0..<0
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: band) {
      let wanted = first..<min(first + band, rows.upperBound)
      let needed = windows.sourceRows(of: wanted)
      var missing = needed
      if needed.lowerBound < held.upperBound {
        let kept = held.upperBound - needed.lowerBound
        expanded.moveToStart(from: (needed.lowerBound - held.lowerBound) * line, count: kept * line)
        missing = held.upperBound..<needed.upperBound
      }
      held = needed
      try makeChannels(
        missing, of: source, image: image,
        to: expanded.advanced(by: (missing.lowerBound - needed.lowerBound) * line),
        scratch, context, member: member)
      depthwise.apply(expanded, sourceRow: needed.lowerBound, rows: wanted, to: hidden)
      hidden.sealReLU6(rows: wanted.count * across, context: nil)
      try project(wanted, hidden, beginsAt: first, source, to: target, context, member: member)
    }
  }

  private func makeChannels(
    _ rows: Range<Int>, of source: Operand, image: UnsafePointer<Float>,
    to destination: ReLU6Map, _ scratch: TrunkScratch, _ context: Context, member: Int
  ) throws {
    let side = depthwise.windows.side
    switch front {
    case .image(let stem):
      try stem.apply(
        image, rows: rows, to: destination, scratch: scratch.windows, context: context, member: member)
    case .expansion(let product):
      try product.apply(
        source, firstRow: rows.lowerBound * side, rows: rows.count * side, to: destination, context: context,
        member: member)
    }
  }

  /// Computes some lines of outputs from what the depthwise convolution made, on the calling thread.
  ///
  /// - Parameter beginsAt: The line that `hidden` begins with.
  private func project(
    _ rows: Range<Int>, _ hidden: Operand, beginsAt line: Int, _ source: Operand, to target: Operand,
    _ context: Context, member: Int
  ) throws {
    let cells = (rows.lowerBound * across)..<(rows.upperBound * across)
    let to = target.floats + cells.lowerBound * outputs
    if isResidual, source.floats != target.floats {
      to.update(from: source.floats + cells.lowerBound * outputs, count: cells.count * outputs)
    }
    try projection.apply(
      hidden, firstRow: (rows.lowerBound - line) * across, rows: cells.count, to: to, stride: outputs,
      epilogue: isResidual ? .add : .store, context: context, member: member)
    target.seal(cells)
  }

  /// The cells of a map that are enough for each thread to take some lines of a product, although it reads all weights then: the outputs of the
  /// last product are few, and rarely divide well.
  private static let cellsEach = 64

  /// Computes a small map on all threads together, which share the channels: each reads its part of the weights only.
  func applyTogether(
    _ expansion: Linear, _ source: Operand, to target: Operand, _ scratch: TrunkScratch, _ context: Context
  ) throws {
    let pool = context.pool
    let side = depthwise.windows.side
    let hidden = scratch.hidden(channels: depthwise.channels)
    let expanded = scratch.expanded(of: self)
    try expansion.apply(source, rows: side * side, to: expanded, context: context)
    let group = depthwise.channelGroup
    pool.run { member in
      let share = pool.share(of: (depthwise.channels + group - 1) / group, member: member)
      let channels = (group * share.lowerBound)..<min(group * share.upperBound, depthwise.channels)
      depthwise.apply(
        expanded, sourceRow: 0, rows: 0..<across, channels: channels, to: hidden)
    }
    let cells = across * across
    hidden.sealReLU6(rows: cells, context: context)
    guard cells < Self.cellsEach * pool.count else {
      let failures = FirstError()
      pool.run { member in
        do {
          try project(
            pool.share(of: across, member: member), hidden, beginsAt: 0, source, to: target, context,
            member: member)
        } catch { failures.note(error) }
      }
      return try failures.check()
    }
    if isResidual, source.floats != target.floats {
      target.floats.update(from: source.floats, count: cells * outputs)
    }
    try projection.apply(
      hidden, rows: cells, to: target.floats, stride: outputs, epilogue: isResidual ? .add : .store,
      context: context)
    target.seal(rows: cells, context: context)
  }
}

/// What a thread needs between the products of a block.
final class TrunkScratch: @unchecked Sendable {
  // Unchecked: part of a workspace, which one thread or one pool uses at a time.

  /// The depthwise convolution's input.
  func expanded(of block: TrunkBlock) -> ReLU6Map {
    ReLU6Map(storage.start, isOfBytes: block.depthwise.readsBytes)
  }
  /// Windows of the image.
  let windows: Operand
  private let storage: AlignedBuffer
  private let widest: Operand
  private var views: [Int: Operand] = [:]

  /// Memory for blocks band by band, or for whole small maps.
  ///
  /// - Parameter wholeSide: The side of the largest map that is computed at once; 0 for none.
  init(_ blocks: [TrunkBlock], wholeSide: Int, precision: Precision) throws {
    var expandedBytes = 0
    var hiddenCount = 0
    for block in blocks {
      let windows = block.depthwise.windows
      let isWhole = windows.side <= wholeSide
      let (rowsIn, rowsOut) = isWhole ? (windows.side, windows.across) : (block.bandSourceRows, block.band)
      let size = ReLU6Map.byteCount(isOfBytes: block.depthwise.readsBytes)
      expandedBytes = max(expandedBytes, rowsIn * windows.side * block.depthwise.channels * size)
      hiddenCount = max(hiddenCount, rowsOut * windows.across * block.depthwise.channels)
    }
    storage = try AlignedBuffer(byteCount: expandedBytes)
    // Rows of the fewest numbers, so that there is a scale for each row of any view.
    let fewest = blocks.map(\.depthwise.channels).min() ?? 8
    widest = try Operand(
      rows: (hiddenCount + fewest - 1) / fewest, columns: fewest, precision: precision)
    for channels in Set(blocks.map(\.depthwise.channels)) {
      views[channels] = try Operand(sharing: widest, rows: hiddenCount / channels, columns: channels)
    }
    var line = 1
    if case .image(let stem)? = blocks.first?.front { line = stem.windows.across }
    windows = try Operand(rows: line, columns: TrunkStem.columns, precision: .float32)
  }

  /// The depthwise convolution's output, rows of so many channels.
  func hidden(channels: Int) -> Operand { views[channels] ?? widest }
}
