import CLIP

/// A convolutional trunk in training: images (B, 3, S, S) to maps (B, C, ⌈S / stride⌉, ⌈S / stride⌉).
struct TrunkLayers {
  private let torch: Torch
  private let stem: NormalizedConvolution
  private let blocks: [Block]
  private let head: NormalizedConvolution?

  init(_ store: ParameterStore, _ trunk: ConvolutionalTrunk) throws {
    torch = store.torch
    stem = try NormalizedConvolution(store, TrunkNames.stem)
    blocks = try trunk.blocks.enumerated().flatMap { stage, blocks in
      try blocks.enumerated().map { index, shape in
        try Block(store, shape, TrunkNames.block(stage: stage, index, expands: shape.expands))
      }
    }
    head = trunk.hasHead ? try NormalizedConvolution(store, TrunkNames.head) : nil
  }

  func callAsFunction(_ images: Tensor, _ pass: ForwardPass) throws -> Tensor {
    var maps = try stem(images, stride: 2, pass).relu6()
    for (index, block) in blocks.enumerated() {
      // The deeper, the more often dropped.
      let drop = pass.dropPath * Double(index) / Double(blocks.count)
      maps = try block(maps, pass) { branch in
        guard drop > 0 else { return branch }
        return try branch * torch.full(1, [branch.shape[0], 1, 1, 1]).dropout(drop)
      }
    }
    return try head.map { try $0(maps, pass).relu6() } ?? maps
  }

  /// A convolution without a bias, padded as TensorFlow does, and a batch norm.
  private struct NormalizedConvolution {
    private let kernel: Tensor
    private let norm: BatchNormLayer

    init(_ store: ParameterStore, _ names: TrunkNames.ConvolutionNames) throws {
      kernel = try store("\(names.convolution).weight")
      norm = try BatchNormLayer(store, names.norm, epsilon: ConvolutionalTrunk.normEpsilon)
    }

    func callAsFunction(_ maps: Tensor, stride: Int = 1, groups: Int = 1, _ pass: ForwardPass) throws
      -> Tensor
    {
      try norm(maps.sameConvolution(kernel, stride: stride, groups: groups), pass)
    }
  }

  /// Expansion, depthwise convolution, projection; added to the input where the shapes are the same.
  private struct Block {
    private let shape: ConvolutionalTrunk.Block
    private let expansion: NormalizedConvolution?
    private let depthwise: NormalizedConvolution
    private let projection: NormalizedConvolution

    init(_ store: ParameterStore, _ shape: ConvolutionalTrunk.Block, _ names: TrunkNames.Block) throws {
      self.shape = shape
      expansion = try names.expansion.map { try NormalizedConvolution(store, $0) }
      depthwise = try NormalizedConvolution(store, names.depthwise)
      projection = try NormalizedConvolution(store, names.projection)
    }

    /// - Parameter kept: what is left of a branch that is added to its input.
    func callAsFunction(_ maps: Tensor, _ pass: ForwardPass, kept: (Tensor) throws -> Tensor) throws -> Tensor
    {
      let expanded = try expansion.map { try $0(maps, pass).relu6() } ?? maps
      let seen = try depthwise(expanded, stride: shape.stride, groups: shape.expanded, pass).relu6()
      let projected = try projection(seen, pass)
      return try shape.isResidual ? maps + kept(projected) : projected
    }
  }
}

/// A trunk that stands alone: its map is averaged over the cells and projected into the common space.
struct PooledTrunkLayers {
  private let trunk: TrunkLayers
  /// The hidden layer of an MLP.
  private let expansion: LinearLayer?
  private let projection: LinearLayer

  init(_ store: ParameterStore, _ trunk: ConvolutionalTrunk) throws {
    self.trunk = try TrunkLayers(store, trunk)
    let names = ImageProjectionNames.self
    let isDeep = trunk.projection == .mlp
    expansion = isDeep ? try LinearLayer(store, names.expansion) : nil
    projection = try LinearLayer(
      store, isDeep ? names.contraction : names.linear, hasBias: trunk.hasProjectionBias)
  }

  /// (B, 3, S, S) to (B, E).
  func callAsFunction(_ images: Tensor, _ pass: ForwardPass) throws -> Tensor {
    let average = try trunk(images, pass).mean([2, 3])
    return try projection(expansion.map { try $0(average).gelu() } ?? average)
  }
}
