import Compute

/// The convolutions that an image goes through before it is cut into patches.
///
/// Pixels are rows of channels, so that a convolution gathers its windows by copying runs of numbers. Batch norms are folded
/// into the convolutions before them, so that only activations are left. A thread takes a band of pixels at a time through a convolution and what
/// follows it.
final class ConvolutionalStem: Sendable {
  private let side: Int
  private let stages: [Stage]
  private let patches: ImageWindows

  /// Takes the stem's parameters.
  init(_ parameters: Parameters, of vision: VisionConfiguration) throws {
    var side = vision.imageSize
    var channels = 3
    var stages: [Stage] = []
    for (index, shape) in vision.stem.enumerated() {
      let stage = try Stage(
        parameters, StemNames(stage: index), shape, side: side, inputs: channels, isFirst: index == 0)
      stages.append(stage)
      side = stage.convolution.windows.across
      channels = shape.channels
    }
    self.side = vision.imageSize
    self.stages = stages
    patches = ImageWindows(
      side: side, channels: channels, kernel: vision.patchKernel, stride: vision.patchKernel)
  }

  private struct Stage: Sendable {
    let convolution: Convolution
    let blocks: [(first: Convolution, second: Convolution)]

    init(
      _ parameters: Parameters, _ names: StemNames, _ shape: StemStage, side: Int, inputs: Int, isFirst: Bool
    ) throws {
      let outputs = shape.channels
      let halving = ImageWindows(side: side, channels: inputs, kernel: 3, stride: 2, padding: 1)
      let keeping = ImageWindows(side: halving.across, channels: outputs, kernel: 3, stride: 1, padding: 1)
      convolution = try parameters.convolution(
        names.convolution, norm: names.norm, halving, outputs: outputs,
        // A hundredth of the work, of which the rest lives: in f32 whatever the precision.
        precision: isFirst ? .float32 : nil)
      blocks = try (0..<shape.blocks).map(names.block).map { block in
        (
          try parameters.convolution(
            block.firstConvolution, norm: block.firstNorm, keeping, outputs: outputs),
          try parameters.convolution(
            block.secondConvolution, norm: block.secondNorm, keeping, outputs: outputs)
        )
      }
    }
  }

  /// The memory for one image at a time.
  final class Space: @unchecked Sendable {
    // Unchecked: part of a workspace, which one thread or one pool uses at a time.

    fileprivate let image: AlignedBuffer
    fileprivate let maps: [AlignedBuffer]
    private let windows: [[Key: Operand]]

    private struct Key: Hashable {
      let windows: ImageWindows
      let precision: Precision
    }

    init(_ stem: ConvolutionalStem, members: Int) throws {
      image = try AlignedBuffer(byteCount: 4 * stem.side * stem.side * 3)
      let largest = stem.stages.map { $0.convolution.windows.count * $0.convolution.outputs }.max() ?? 0
      // What a stage reads, what it makes, and what is between a block's two convolutions.
      let count = stem.stages.allSatisfy(\.blocks.isEmpty) ? 2 : 3
      maps = try (0..<count).map { _ in try AlignedBuffer(byteCount: 4 * largest) }
      let convolutions = stem.stages.flatMap { stage in
        [stage.convolution] + stage.blocks.prefix(1).map(\.first)
      }
      windows = try (0..<members).map { _ in
        var operands: [Key: Operand] = [:]
        for convolution in convolutions {
          operands[Key(windows: convolution.windows, precision: convolution.precision)] =
            try convolution.scratch()
        }
        return operands
      }
    }

    /// A member's memory for the windows of a convolution.
    fileprivate func scratch(for convolution: Convolution, member: Int) throws -> Operand {
      let key = Key(windows: convolution.windows, precision: convolution.precision)
      return try windows[min(member, windows.count - 1)][key] ?? convolution.scratch()
    }
  }

  /// Runs one image through the stem, and writes what its patches are, a row each.
  func apply(
    _ image: PreparedImage, _ normalization: PixelNormalization, _ space: Space, _ context: Context,
    to rows: UnsafeMutablePointer<Float>
  ) throws {
    let numbers = space.image.bound(to: Float.self)
    normalization.apply(image, to: numbers, pool: context.pool)
    var maps = space.maps.map { $0.bound(to: Float.self) }
    var source = UnsafePointer(numbers)
    for stage in stages {
      let made = maps[0]
      try runActivated(stage.convolution, source, to: made, space, context)
      for block in stage.blocks {
        try runActivated(block.first, made, to: maps[2], space, context)
        try run(block.second, maps[2], to: made, epilogue: .add, space, context)
      }
      source = UnsafePointer(made)
      maps.swapAt(0, 1)
    }
    context.pool.split(patches.count) { range in
      patches.gather(range, of: source, to: rows + range.lowerBound * patches.numbers)
    }
  }

  private func runActivated(
    _ convolution: Convolution, _ source: UnsafePointer<Float>, to result: UnsafeMutablePointer<Float>,
    _ space: Space, _ context: Context
  ) throws {
    let channels = convolution.outputs
    try run(convolution, source, to: result, space, context) { pixels in
      Kernels.best.gelu(result + pixels.lowerBound * channels, count: pixels.count * channels)
    }
  }

  /// Computes a convolution band by band, each followed by `body` while it is in the cache.
  private func run(
    _ convolution: Convolution, _ source: UnsafePointer<Float>, to result: UnsafeMutablePointer<Float>,
    epilogue: Epilogue = .store, _ space: Space, _ context: Context,
    then body: (Range<Int>) -> Void = { _ in }
  ) throws {
    let failures = FirstError()
    context.pool.run { member in
      do {
        let scratch = try space.scratch(for: convolution, member: member)
        let share = context.pool.share(of: convolution.windows.count, member: member)
        for first in stride(from: share.lowerBound, to: share.upperBound, by: convolution.band) {
          let pixels = first..<min(first + convolution.band, share.upperBound)
          try convolution.apply(
            source, pixels: pixels, to: result, epilogue: epilogue, scratch: scratch, context: context,
            member: member)
          body(pixels)
        }
      } catch { failures.note(error) }
    }
    try failures.check()
  }
}

extension Parameters {
  /// A 3 × 3 convolution with the batch norm that follows it, in the model's precision unless another is asked for.
  fileprivate func convolution(
    _ name: String, norm: String, _ windows: ImageWindows, outputs: Int, precision: Precision? = nil
  ) throws -> Convolution {
    let shape = [outputs, windows.channels, windows.kernel, windows.kernel]
    let (weight, bias) = try foldedConvolution(
      name, norm: norm, shape: shape, epsilon: StemStage.normEpsilon)
    return try Convolution(
      windows, weight: weight, bias: bias, precision: precision ?? self.precision, packing: packing)
  }
}
