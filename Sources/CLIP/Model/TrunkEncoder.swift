import Compute

/// A convolutional trunk that is ready to run: an image in, a map of pixels that are rows of channels out.
final class TrunkEncoder: Sendable {
  /// The side of the map.
  let mapSide: Int
  /// The channels of the map.
  let channels: Int
  private let stem: TrunkStem
  private let blocks: [TrunkBlock]
  private let head: Linear?

  /// Maps whose side is at most this are computed by all threads at once where there are several for an image: with few
  /// lines, threads that each took some would compute too many twice.
  private static let wholeSide = 16

  /// Takes the trunk's parameters.
  init(_ trunk: ConvolutionalTrunk, _ parameters: Parameters, imageSize image: Int) throws {
    func convolution(
      _ names: TrunkNames.ConvolutionNames, _ shape: [Int]
    ) throws -> (weight: Matrix, bias: Vector) {
      try parameters.foldedConvolution(
        names.convolution, norm: names.norm, shape: shape, epsilon: ConvolutionalTrunk.normEpsilon)
    }
    /// A product whose inputs have these means.
    func product(
      _ names: TrunkNames.ConvolutionNames, _ shape: [Int], means: [Float]
    ) throws -> Linear {
      var (weight, bias) = try convolution(names, shape)
      bias = try bias.subtracting(
        weight.roundingShift(means: means, precision: parameters.precision, packing: .always))
      // Folded weights are a copy already, and oneDNN, which reads them in place, would compile a product for every block.
      return try Linear(matrices: [weight], biases: [bias], precision: parameters.precision)
    }
    let first = try convolution(TrunkNames.stem, [ConvolutionalTrunk.stemChannels, 3, 3, 3])
    let stem = try TrunkStem(side: image, weight: first.weight, bias: first.bias)
    var side = stem.windows.across
    var built: [TrunkBlock] = []
    // Of each channel of the map.
    var means: [Float] = []
    for (stage, blocks) in trunk.blocks.enumerated() {
      for (index, block) in blocks.enumerated() {
        let names = TrunkNames.block(stage: stage, index, expands: block.expands)
        let windows = SameWindows(side: side, kernel: block.kernel, stride: block.stride)
        let (weight, bias) = try convolution(
          names.depthwise, [block.expanded, 1, block.kernel, block.kernel])
        let front = try names.expansion.map {
          TrunkBlock.Front.expansion(try product($0, [block.expanded, block.inputs, 1, 1], means: means))
        }
        let own = try parameters.normMeans(names.projection.norm, block.outputs)
        means = block.isResidual ? zip(means, own).map { $0 + $1 } : own
        built.append(
          TrunkBlock(
            front: front ?? .image(stem),
            depthwise: try DepthwiseConvolution(
              windows, weight: weight, bias: bias,
              means: parameters.relu6Means((names.expansion ?? TrunkNames.stem).norm, block.expanded),
              // The first blocks' maps stay in f32: bytes there cost as much as in all others together.
              readsBytes: parameters.precision == .int8 && stage > 0),
            projection: try product(
              names.projection, [block.outputs, block.expanded, 1, 1],
              means: parameters.relu6Means(names.depthwise.norm, block.expanded)),
            isResidual: block.isResidual))
        side = windows.across
      }
    }
    self.stem = stem
    self.blocks = built
    head =
      trunk.hasHead
      ? try product(TrunkNames.head, [trunk.channels, built.last?.outputs ?? 0, 1, 1], means: means) : nil
    mapSide = side
    channels = trunk.channels
  }

  /// The memory for one image at a time.
  final class Space: @unchecked Sendable {
    // Unchecked: part of a workspace, which one thread or one pool uses at a time.

    fileprivate let frame: AlignedBuffer
    /// What each block makes: in two memories by turns, or in place where a residual block has them for itself.
    fileprivate let maps: [Operand]
    fileprivate let result: AlignedBuffer?
    fileprivate let scratch: [TrunkScratch]

    init(_ trunk: TrunkEncoder, precision: Precision, members: Int) throws {
      let side = trunk.stem.framedSide
      frame = try AlignedBuffer(byteCount: 4 * 3 * side * side)
      frame.start.initializeMemory(as: UInt8.self, repeating: 0, count: frame.byteCount)
      let fewest = trunk.blocks.map(\.outputs).min() ?? 8
      let largest = trunk.blocks.map { $0.across * $0.across * $0.outputs }.max() ?? 0
      let memories = try (0..<2).map { _ in
        try Operand(rows: (largest + fewest - 1) / fewest, columns: fewest, precision: precision)
      }
      var turn = 0
      maps = try trunk.blocks.map { block in
        if !block.isResidual || members > 1 { turn = 1 - turn }
        return try Operand(
          sharing: memories[turn], rows: block.across * block.across, columns: block.outputs)
      }
      result = try trunk.head.map {
        try AlignedBuffer(byteCount: 4 * trunk.mapSide * trunk.mapSide * $0.outputs)
      }
      let whole = members > 1 ? TrunkEncoder.wholeSide : 0
      scratch = try (0..<members).map { member in
        try TrunkScratch(trunk.blocks, wholeSide: member == 0 ? whole : 0, precision: precision)
      }
    }
  }

  /// Runs one image through the trunk; returns the map, (side · side, channels), which the next image overwrites.
  func apply(
    _ image: PreparedImage, _ normalization: PixelNormalization, _ space: Space, _ context: Context
  ) throws -> UnsafePointer<Float> {
    let frame = space.frame.bound(to: Float.self)
    stem.place(image, normalization, in: frame, pool: context.pool)
    for (index, block) in blocks.enumerated() {
      // The first block reads the image.
      let source = space.maps[max(0, index - 1)]
      if context.pool.count > 1, block.depthwise.windows.side <= Self.wholeSide,
        case .expansion(let expansion) = block.front
      {
        try block.applyTogether(expansion, source, to: space.maps[index], space.scratch[0], context)
      } else {
        try run(block, source, to: space.maps[index], frame, space, context)
      }
    }
    guard let last = space.maps.last else { return UnsafePointer(frame) }
    guard let head, let result = space.result?.bound(to: Float.self) else {
      return UnsafePointer(last.floats)
    }
    try head.apply(
      last, rows: mapSide * mapSide, to: result, stride: head.outputs, epilogue: .relu6, context: context)
    return UnsafePointer(result)
  }

  /// Runs a block, each thread some lines of it.
  private func run(
    _ block: TrunkBlock, _ source: Operand, to target: Operand, _ frame: UnsafePointer<Float>, _ space: Space,
    _ context: Context
  ) throws {
    let failures = FirstError()
    context.pool.run { member in
      do {
        try block.apply(
          source, rows: context.pool.share(of: block.across, member: member), to: target,
          space.scratch[member], image: frame, context, member: member)
      } catch { failures.note(error) }
    }
    try failures.check()
  }

  /// The average of a map's cells.
  func average(_ map: UnsafePointer<Float>, to result: UnsafeMutablePointer<Float>) {
    result.update(from: map, count: channels)
    let cells = mapSide * mapSide
    for cell in 1..<max(1, cells) { Kernels.best.add(map + cell * channels, count: channels, to: result) }
    Kernels.best.multiply(1 / Float(cells), count: channels, result)
  }
}
