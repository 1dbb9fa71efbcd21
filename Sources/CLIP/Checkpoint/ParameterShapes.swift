extension CLIPConfiguration {
  /// How many parameters the architecture has, part by part.
  public struct ParameterCounts: Sendable, Equatable {
    /// The image tower with its projection.
    public var imageTower = 0
    /// The text tower with its projection.
    public var textTower = 0
    /// The token embedding, which is part of the text tower, with what widens it.
    public var tokenEmbedding = 0
    /// Everything, the logit scale too.
    public var whole = 0
  }

  /// How many parameters the architecture has; those that layers share count once.
  public var parameterCounts: ParameterCounts {
    parameterShapes.reduce(into: ParameterCounts()) { counts, parameter in
      let count = parameter.shape.reduce(1, *)
      counts.whole += count
      if parameter.name.hasPrefix("vis") { counts.imageTower += count }
      if parameter.name.hasPrefix("text") { counts.textTower += count }
      if [TokenNames.table, TokenNames.widening].contains(parameter.name) { counts.tokenEmbedding += count }
    }
  }

  /// Every parameter of the architecture by its Hugging Face name, with its shape.
  package var parameterShapes: [(name: String, shape: [Int])] {
    let text = text.transformer
    var shapes: [(String, [Int])] = imageTowerShapes
    shapes += [
      (TokenNames.table, [self.text.vocabularySize, self.text.embeddingRank ?? text.width]),
      ("text_model.embeddings.position_embedding.weight", [self.text.contextLength, text.width]),
    ]
    if let rank = self.text.embeddingRank { shapes.append((TokenNames.widening, [text.width, rank])) }
    shapes += Self.blocks("text_model", text)
    shapes += Self.layerNorm("text_model.final_layer_norm", text.width)
    shapes += [("text_projection.weight", [embeddingWidth, text.width]), ("logit_scale", [])]
    return shapes
  }

  private var imageTowerShapes: [(String, [Int])] {
    let trunk = vision.trunk?.parameterShapes.map { ($0.name, $0.shape) } ?? []
    if let pooled = vision.pooledTrunk {
      return trunk
        + pooled.projectionShapes(embeddingWidth: embeddingWidth).map { ($0.name, $0.shape) }
    }
    let transformer = vision.transformer
    let width = transformer.width
    let patch = vision.patchKernel
    var shapes: [(String, [Int])] = [
      ("vision_model.embeddings.class_embedding", [width]),
      ("vision_model.embeddings.patch_embedding.weight", [width, vision.patchChannels, patch, patch]),
      ("vision_model.embeddings.position_embedding.weight", [vision.patchCount + 1, width]),
    ]
    shapes += Self.stem(vision.stem)
    shapes += trunk
    shapes += Self.layerNorm("vision_model.pre_layrnorm", width)
    shapes += Self.blocks("vision_model", transformer)
    shapes += Self.layerNorm("vision_model.post_layernorm", width)
    shapes.append(("\(ImageProjectionNames.linear).weight", [embeddingWidth, width]))
    return shapes
  }

  private static func layerNorm(_ name: String, _ width: Int) -> [(String, [Int])] {
    [("\(name).weight", [width]), ("\(name).bias", [width])]
  }

  private static func linear(
    _ name: String, _ outputs: Int, _ inputs: Int, hasBias: Bool = true
  ) -> [(String, [Int])] {
    [("\(name).weight", [outputs, inputs])] + (hasBias ? [("\(name).bias", [outputs])] : [])
  }

  private static func stem(_ stages: [StemStage]) -> [(String, [Int])] {
    func convolution(_ name: String, _ outputs: Int, _ inputs: Int) -> [(String, [Int])] {
      [("\(name).weight", [outputs, inputs, 3, 3])]
    }
    func batchNorm(_ name: String, _ channels: Int) -> [(String, [Int])] {
      ["weight", "bias", "running_mean", "running_var"].map { ("\(name).\($0)", [channels]) }
    }
    var shapes: [(String, [Int])] = []
    var inputs = 3
    for (index, stage) in stages.enumerated() {
      let names = StemNames(stage: index)
      let channels = stage.channels
      shapes += convolution(names.convolution, channels, inputs)
      shapes += batchNorm(names.norm, channels)
      for block in (0..<stage.blocks).map(names.block) {
        shapes += convolution(block.firstConvolution, channels, channels)
        shapes += batchNorm(block.firstNorm, channels)
        shapes += convolution(block.secondConvolution, channels, channels)
        shapes += batchNorm(block.secondNorm, channels)
      }
      inputs = channels
    }
    return shapes
  }

  private static func blocks(_ tower: String, _ shape: TransformerConfiguration) -> [(String, [Int])] {
    var shapes: [(String, [Int])] = []
    for layer in 0..<shape.layers {
      let names = LayerNames(tower: tower, layer: layer, sharing: shape.sharing)
      // The first of the layers that share a block stands for it.
      let isFirst = layer % max(1, shape.sharing) == 0
      shapes += layerNorm(names.firstNorm, shape.width)
      if isFirst {
        for name in names.queryKeyValue {
          shapes += linear(name, shape.width, shape.width, hasBias: shape.hasQueryKeyValueBias)
        }
        shapes += linear(names.output, shape.width, shape.width)
      }
      if shape.talkingHeads {
        shapes += [names.scoreMix, names.probabilityMix].map { ($0, [shape.heads, shape.heads]) }
      }
      shapes += layerNorm(names.secondNorm, shape.width)
      if isFirst {
        shapes += linear(names.expansion, shape.mlpWidth, shape.width)
        shapes += linear(names.contraction, shape.width, shape.mlpWidth)
      }
    }
    return shapes
  }
}
