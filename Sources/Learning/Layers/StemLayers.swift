import CLIP

/// The convolutions before the patches: pictures (B, 3, S, S) to maps (B, C, S/2ⁿ, S/2ⁿ) after n stages.
struct StemLayers {
  private let stages: [Stage]

  init(_ store: ParameterStore, _ configuration: VisionConfiguration) throws {
    let epsilon = configuration.transformer.layerNormEpsilon
    stages = try configuration.stem.enumerated().map { index, stage in
      let names = StemNames(stage: index)
      return try Stage(
        convolution: Convolution(store, names.convolution),
        norm: LayerNormLayer(store, names.norm, epsilon: epsilon),
        blocks: (0..<stage.blocks).map { try Residual(store, names.block($0), epsilon: epsilon) })
    }
  }

  func callAsFunction(_ pictures: Tensor) throws -> Tensor {
    try stages.reduce(pictures) { maps, stage in
      let halved = try stage.norm.overChannels(stage.convolution(maps, stride: 2)).gelu()
      return try stage.blocks.reduce(halved) { try $1($0) }
    }
  }

  private struct Stage {
    let convolution: Convolution
    let norm: LayerNormLayer
    let blocks: [Residual]
  }

  /// A 3 × 3 convolution, padded by 1.
  private struct Convolution {
    let weight: Tensor
    let bias: Tensor

    init(_ store: ParameterStore, _ name: String) throws {
      weight = try store("\(name).weight")
      bias = try store("\(name).bias")
    }

    func callAsFunction(_ maps: Tensor, stride: Int) throws -> Tensor {
      try maps.convolution(weight, bias, stride: stride, padding: 1)
    }
  }

  /// `x + conv(GELU(norm(conv(x))))`.
  private struct Residual {
    let first: Convolution
    let norm: LayerNormLayer
    let second: Convolution

    init(_ store: ParameterStore, _ names: StemNames.Block, epsilon: Float) throws {
      first = try Convolution(store, names.firstConvolution)
      norm = try LayerNormLayer(store, names.norm, epsilon: epsilon)
      second = try Convolution(store, names.secondConvolution)
    }

    func callAsFunction(_ maps: Tensor) throws -> Tensor {
      try maps + second(norm.overChannels(first(maps, stride: 1)).gelu(), stride: 1)
    }
  }
}

extension LayerNormLayer {
  /// Over the channels of maps (B, C, H, W), which lie last in memory.
  fileprivate func overChannels(_ maps: Tensor) throws -> Tensor {
    try self(maps.permuted([0, 2, 3, 1])).permuted([0, 3, 1, 2])
  }
}
