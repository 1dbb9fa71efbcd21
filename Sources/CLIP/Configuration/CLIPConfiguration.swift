/// The architecture of a CLIP checkpoint: an image tower, a text tower, and the width of their common space.
///
/// One configuration describes a checkpoint whatever layout it was stored in.
public struct CLIPConfiguration: Sendable, Equatable {
  /// The image tower: a vision transformer, a convolutional trunk, or one on the other.
  public var vision: VisionConfiguration
  /// The text tower, a transformer.
  public var text: TextConfiguration
  /// The width of the space that both towers project into, 512 for ViT-B/32.
  public var embeddingWidth: Int
  /// The range of the model's cosines, where whoever made it gave one; it changes scores and no embedding.
  public var scoreCalibration: ScoreCalibration?

  /// Creates a configuration from its parts.
  public init(
    vision: VisionConfiguration, text: TextConfiguration, embeddingWidth: Int,
    scoreCalibration: ScoreCalibration? = nil
  ) {
    self.vision = vision
    self.text = text
    self.embeddingWidth = embeddingWidth
    self.scoreCalibration = scoreCalibration
  }

  /// Whether this is a plain CLIP: nothing shared, mixed, decomposed or left out.
  public var isPlain: Bool { vision.isPlain && text.isPlain }
}

/// The shape of a stack of pre-norm transformer blocks.
public struct TransformerConfiguration: Sendable, Equatable {
  /// The width of the residual stream.
  public var width: Int
  /// The number of blocks that a row goes through.
  public var layers: Int
  /// The number of attention heads; divides `width`.
  public var heads: Int
  /// The width between the two linear layers of a block's MLP, usually four times `width`.
  public var mlpWidth: Int
  /// The non-linearity of the MLP.
  public var activation: Activation
  /// The number added to the variance in every layer norm.
  public var layerNormEpsilon: Float
  /// How many layers in a row use one block's products, 1 in a plain CLIP; divides `layers`. Each layer has layer norms
  /// of its own.
  public var sharing: Int
  /// Whether each layer mixes its attention maps across the heads, before the softmax and after it.
  public var talkingHeads: Bool
  /// Whether queries, keys and values have a bias.
  public var hasQueryKeyValueBias: Bool

  /// Creates the shape of a tower.
  public init(
    width: Int, layers: Int, heads: Int, mlpWidth: Int, activation: Activation,
    layerNormEpsilon: Float = 1e-5, sharing: Int = 1, talkingHeads: Bool = false,
    hasQueryKeyValueBias: Bool = true
  ) {
    self.width = width
    self.layers = layers
    self.heads = heads
    self.mlpWidth = mlpWidth
    self.activation = activation
    self.layerNormEpsilon = layerNormEpsilon
    self.sharing = sharing
    self.talkingHeads = talkingHeads
    self.hasQueryKeyValueBias = hasQueryKeyValueBias
  }

  /// The blocks whose products are stored: as many as layers, where none is shared.
  public var blocks: Int { layers / max(1, sharing) }

  /// Whether this is a tower of a plain CLIP.
  public var isPlain: Bool { sharing == 1 && !talkingHeads && hasQueryKeyValueBias }
}

/// The image tower: patches of a square image, a class token, a transformer; or a convolutional trunk alone, whose map is
/// averaged.
public struct VisionConfiguration: Sendable, Equatable {
  /// The blocks; none where a convolutional trunk stands alone.
  public var transformer: TransformerConfiguration
  /// The side of the square image, in pixels.
  public var imageSize: Int
  /// The side of a square patch, in pixels of the image; of a trunk alone, its stride.
  public var patchSize: Int
  /// The convolutions that an image goes through before it is cut into patches; none in a plain CLIP.
  public var stem: [StemStage]
  /// The network that an image goes through instead of a stem; none in a plain CLIP.
  public var trunk: ConvolutionalTrunk?

  /// Creates an image tower's configuration.
  public init(
    transformer: TransformerConfiguration, imageSize: Int, patchSize: Int, stem: [StemStage] = [],
    trunk: ConvolutionalTrunk? = nil
  ) {
    self.transformer = transformer
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.stem = stem
    self.trunk = trunk
  }

  /// The image tower that is a convolutional trunk alone.
  public init(trunk: ConvolutionalTrunk, imageSize: Int, activation: Activation = .gelu) {
    self.init(
      transformer: TransformerConfiguration(
        width: trunk.channels, layers: 0, heads: 1, mlpWidth: trunk.channels, activation: activation),
      imageSize: imageSize, patchSize: trunk.stride, trunk: trunk)
  }

  /// The trunk, where it stands alone: no transformer follows, and its map is averaged.
  public var pooledTrunk: ConvolutionalTrunk? { transformer.layers == 0 ? trunk : nil }

  /// Patches in a line of an image, or cells in a line of a trunk's map.
  public var patchesAcross: Int {
    pooledTrunk?.side(ofImage: imageSize) ?? imageSize / patchSize
  }

  /// Patches in an image, without the class token.
  public var patchCount: Int { patchesAcross * patchesAcross }

  /// The channels of what patches are cut from: 3, or those of the trunk or the stem's last stage.
  public var patchChannels: Int { trunk?.channels ?? stem.last?.channels ?? 3 }

  /// The side of a patch in what it is cut from: each stage of the stem halves it, a trunk divides it by its stride.
  public var patchKernel: Int { trunk.map { patchSize / $0.stride } ?? patchSize >> stem.count }

  /// Whether this is the image tower of a plain CLIP.
  public var isPlain: Bool { transformer.isPlain && stem.isEmpty && trunk == nil }
}

/// What an image tower has before it pools: rows of channels, one for each cell of a square grid.
public struct ImageGrid: Sendable, Equatable {
  /// Cells in a line, and lines of them.
  public let side: Int
  /// Numbers in a cell.
  public let channels: Int

  /// All cells.
  public var cells: Int { side * side }
  /// All numbers.
  public var count: Int { cells * channels }
}

extension VisionConfiguration {
  /// The grid before pooling: the map of a trunk that stands alone, or the patches' rows behind the last block and the norm
  /// that follows it, without the class token.
  public var grid: ImageGrid {
    ImageGrid(side: patchesAcross, channels: pooledTrunk?.channels ?? transformer.width)
  }
}

/// A stage of a convolutional stem, which halves the side of its input.
///
/// A 3 × 3 convolution of stride 2, a batch norm, GELU; then `blocks` times `x + norm(conv(GELU(norm(conv(x)))))`, with
/// 3 × 3 convolutions of stride 1. All are padded by 1 and without a bias.
public struct StemStage: Sendable, Equatable {
  /// The channels that come out.
  public var channels: Int
  /// The residual blocks after the convolution.
  public var blocks: Int

  /// What a batch norm adds to a variance before its root is taken.
  package static let normEpsilon: Float = 1e-5

  /// Creates a stage.
  public init(channels: Int, blocks: Int = 0) {
    self.channels = channels
    self.blocks = blocks
  }
}

/// The text tower: a transformer whose output at the end of the text is the caption's.
public struct TextConfiguration: Sendable, Equatable {
  /// The blocks.
  public var transformer: TransformerConfiguration
  /// The number of token embeddings, 49408 in every published CLIP.
  public var vocabularySize: Int
  /// The most tokens that a text can have, 77 in every published CLIP.
  public var contextLength: Int
  /// How the tower finds the position whose output stands for the text.
  public var endOfText: EndOfText
  /// Which tokens of a text a token sees.
  public var attention: TextAttention
  /// The width of the token embedding where a linear layer widens it to the tower's; nil for a table of the tower's width.
  public var embeddingRank: Int?

  /// Creates a text tower's configuration.
  public init(
    transformer: TransformerConfiguration, vocabularySize: Int, contextLength: Int, endOfText: EndOfText,
    attention: TextAttention = .causal, embeddingRank: Int? = nil
  ) {
    self.transformer = transformer
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.endOfText = endOfText
    self.attention = attention
    self.embeddingRank = embeddingRank
  }

  /// Whether this is the text tower of a plain CLIP.
  public var isPlain: Bool { transformer.isPlain && attention == .causal && embeddingRank == nil }
}

/// Which tokens of a text a token sees.
public enum TextAttention: String, Sendable, Equatable, CaseIterable {
  /// Itself and those before it: every plain CLIP.
  case causal
  /// All tokens of the text up to its end; never padding.
  case full
}

/// How a text tower finds the end of a text.
public enum EndOfText: Sendable, Equatable {
  /// The position of the highest token id: OpenAI, open_clip, and Hugging Face files whose `eos_token_id` is 2.
  case highestID
  /// The first position that holds this id.
  case firstID(Int)
}

/// The non-linearity between the two linear layers of a block.
public enum Activation: String, Sendable, Equatable, CaseIterable {
  /// `x · sigmoid(1.702 x)`: OpenAI's checkpoints.
  case quickGELU = "quick_gelu"
  /// `x · Φ(x)`, with the error function: most open_clip checkpoints.
  case gelu
}
