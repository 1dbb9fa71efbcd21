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

  func callAsFunction(_ images: Tensor, _ pass: ForwardPass) throws -> Tensor {
    try stages.reduce(images) { maps, stage in
      let halved = try stage.first(maps, stride: 2, pass).gelu()
      return try stage.blocks.reduce(halved) { try $1($0, pass) }
    }
  }

  private struct Stage {
    let first: NormalizedConvolution
    let blocks: [Residual]
  }

  /// A 3 × 3 convolution, padded by 1, and a batch norm.
  private struct NormalizedConvolution {
    private let kernel: Tensor
    private let norm: BatchNormLayer

    init(_ store: ParameterStore, _ name: String, norm: String) throws {
      kernel = try store("\(name).weight")
      self.norm = try BatchNormLayer(store, norm, epsilon: StemStage.normEpsilon)
    }

    func callAsFunction(_ maps: Tensor, stride: Int, _ pass: ForwardPass) throws -> Tensor {
      try norm(maps.convolution(kernel, stride: stride, padding: 1), pass)
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

    func callAsFunction(_ maps: Tensor, _ pass: ForwardPass) throws -> Tensor {
      try maps + second(first(maps, stride: 1, pass).gelu(), stride: 1, pass)
    }
  }
}
