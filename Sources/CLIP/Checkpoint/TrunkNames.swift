/// The names of the parameters of a convolutional trunk: timm's own, under `vision_model.trunk.`.
///
/// A convolution has `<name>.weight`, (outputs, inputs, side, side) and (channels, 1, side, side) where it is depthwise; a
/// batch norm `<name>.weight`, `.bias`, `.running_mean` and `.running_var`.
package enum TrunkNames {
  /// How all names of a trunk begin.
  package static let prefix = "vision_model.trunk."

  /// The first convolution, of stride 2.
  package static let stem = ConvolutionNames(
    convolution: "\(prefix)conv_stem", norm: "\(prefix)bn1")
  /// The convolution to 1280 channels.
  package static let head = ConvolutionNames(
    convolution: "\(prefix)conv_head", norm: "\(prefix)bn2")

  /// A convolution and the batch norm after it.
  package struct ConvolutionNames: Sendable {
    package let convolution: String
    package let norm: String
  }

  /// The convolutions of a block.
  package struct Block: Sendable {
    /// 1 × 1, to the depthwise convolution's channels; nil where nothing expands.
    package let expansion: ConvolutionNames?
    package let depthwise: ConvolutionNames
    /// 1 × 1, to the block's outputs.
    package let projection: ConvolutionNames
  }

  /// The names of a block of a stage, both counted from 0.
  package static func block(stage: Int, _ index: Int, expands: Bool) -> Block {
    func names(_ convolution: String, _ norm: String) -> ConvolutionNames {
      let block = "\(prefix)blocks.\(stage).\(index)"
      return ConvolutionNames(convolution: "\(block).\(convolution)", norm: "\(block).\(norm)")
    }
    guard expands else {
      return Block(
        expansion: nil, depthwise: names("conv_dw", "bn1"), projection: names("conv_pw", "bn2"))
    }
    return Block(
      expansion: names("conv_pw", "bn1"), depthwise: names("conv_dw", "bn2"),
      projection: names("conv_pwl", "bn3"))
  }
}

/// The names of what turns the image tower's output into an embedding.
package enum ImageProjectionNames {
  /// The only matrix, (embedding, width), and its bias `.bias` where there is one.
  package static let linear = "visual_projection"
  /// (2 · embedding, channels), with a bias; GELU follows.
  package static let expansion = "visual_projection.fc1"
  /// (embedding, 2 · embedding), with a bias where the configuration says so.
  package static let contraction = "visual_projection.fc2"
}

extension ConvolutionalTrunk {
  /// Every convolution in the order that an image meets them, with the shape of its weight.
  package var convolutions: [(names: TrunkNames.ConvolutionNames, shape: [Int])] {
    var all: [(TrunkNames.ConvolutionNames, [Int])] = [(TrunkNames.stem, [Self.stemChannels, 3, 3, 3])]
    for (stage, blocks) in blocks.enumerated() {
      for (index, block) in blocks.enumerated() {
        let names = TrunkNames.block(stage: stage, index, expands: block.expands)
        if let expansion = names.expansion { all.append((expansion, [block.expanded, block.inputs, 1, 1])) }
        all.append((names.depthwise, [block.expanded, 1, block.kernel, block.kernel]))
        all.append((names.projection, [block.outputs, block.expanded, 1, 1]))
      }
    }
    if hasHead {
      let inputs = blocks.last?.last?.outputs ?? Self.stemChannels
      all.append((TrunkNames.head, [Self.headChannels, inputs, 1, 1]))
    }
    return all
  }

  /// Every parameter of the trunk by its name, with its shape.
  package var parameterShapes: [(name: String, shape: [Int])] {
    convolutions.flatMap { names, shape in
      [("\(names.convolution).weight", shape)]
        + ["weight", "bias", "running_mean", "running_var"].map { ("\(names.norm).\($0)", [shape[0]]) }
    }
  }

  /// Every parameter of the projection of the averaged map, with its shape.
  package func projectionShapes(embeddingWidth: Int) -> [(name: String, shape: [Int])] {
    let names = ImageProjectionNames.self
    switch projection {
    case .linear:
      return [("\(names.linear).weight", [embeddingWidth, channels])]
        + (hasProjectionBias ? [("\(names.linear).bias", [embeddingWidth])] : [])
    case .mlp:
      let hidden = 2 * embeddingWidth
      return [
        ("\(names.expansion).weight", [hidden, channels]), ("\(names.expansion).bias", [hidden]),
        ("\(names.contraction).weight", [embeddingWidth, hidden]),
      ] + (hasProjectionBias ? [("\(names.contraction).bias", [embeddingWidth])] : [])
    }
  }
}
