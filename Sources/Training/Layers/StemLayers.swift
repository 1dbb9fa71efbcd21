import CLIP

/// The convolutions before the patches: images (B, 3, S, S) to maps (B, C, S/2ⁿ, S/2ⁿ) after n stages.
struct StemLayers {
  private let stages: [Stage]

  init(_ store: ParameterStore, _ configuration: VisionConfiguration) throws {
    stages = try configuration.stem.enumerated().map { index, stage in
      let names = StemNames(stage: index)
      return try Stage(
        first: NormalizedConvolution(store, names.convolution, norm: names.norm),
        blocks: (0..<stage.blocks).map { try Residual(store, names.block($0)) })
    }
  }

  /// - Parameter learns: whether batch norms take their statistics from the batch, and remember them.
  func callAsFunction(_ images: Tensor, learns: Bool) throws -> Tensor {
    try stages.reduce(images) { maps, stage in
      let halved = try stage.first(maps, stride: 2, learns: learns).gelu()
      return try stage.blocks.reduce(halved) { try $1($0, learns: learns) }
    }
  }

  private struct Stage {
    let first: NormalizedConvolution
    let blocks: [Residual]
  }

  /// A 3 × 3 convolution, padded by 1, and a batch norm.
  private struct NormalizedConvolution {
    private let kernel: Tensor
    private let weight: Tensor
    private let bias: Tensor
    private let mean: Tensor
    private let variance: Tensor

    init(_ store: ParameterStore, _ name: String, norm: String) throws {
      kernel = try store("\(name).weight")
      weight = try store("\(norm).weight")
      bias = try store("\(norm).bias")
      mean = try store("\(norm).running_mean")
      variance = try store("\(norm).running_var")
    }

    func callAsFunction(_ maps: Tensor, stride: Int, learns: Bool) throws -> Tensor {
      try maps.convolution(kernel, stride: stride, padding: 1).batchNorm(
        weight, bias, mean: mean, variance: variance, learns: learns, epsilon: Double(StemStage.normEpsilon))
    }
  }

  /// `x + norm(conv(GELU(norm(conv(x)))))`.
  private struct Residual {
    private let first: NormalizedConvolution
    private let second: NormalizedConvolution

    init(_ store: ParameterStore, _ names: StemNames.Block) throws {
      first = try NormalizedConvolution(store, names.firstConvolution, norm: names.firstNorm)
      second = try NormalizedConvolution(store, names.secondConvolution, norm: names.secondNorm)
    }

    func callAsFunction(_ maps: Tensor, learns: Bool) throws -> Tensor {
      try maps + second(first(maps, stride: 1, learns: learns).gelu(), stride: 1, learns: learns)
    }
  }
}
