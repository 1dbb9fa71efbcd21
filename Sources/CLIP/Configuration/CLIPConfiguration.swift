/// The architecture of a CLIP checkpoint: two transformer towers and the width of their common space.
///
/// One configuration describes a checkpoint whatever layout it was stored in.
public struct CLIPConfiguration: Sendable, Equatable {
  /// The image tower, a vision transformer.
  public var vision: VisionConfiguration
  /// The text tower, a causal transformer.
  public var text: TextConfiguration
  /// The width of the space that both towers project into, 512 for ViT-B/32.
  public var embeddingWidth: Int

  /// Creates a configuration from its parts.
  public init(vision: VisionConfiguration, text: TextConfiguration, embeddingWidth: Int) {
    self.vision = vision
    self.text = text
    self.embeddingWidth = embeddingWidth
  }
}

/// The shape of a stack of pre-norm transformer blocks.
public struct TransformerConfiguration: Sendable, Equatable {
  /// The width of the residual stream.
  public var width: Int
  /// The number of blocks.
  public var layers: Int
  /// The number of attention heads; divides `width`.
  public var heads: Int
  /// The width between the two linear layers of a block's MLP, usually four times `width`.
  public var mlpWidth: Int
  /// The non-linearity of the MLP.
  public var activation: Activation
  /// The number added to the variance in every layer norm.
  public var layerNormEpsilon: Float

  /// Creates the shape of a tower.
  public init(
    width: Int, layers: Int, heads: Int, mlpWidth: Int, activation: Activation,
    layerNormEpsilon: Float = 1e-5
  ) {
    self.width = width
    self.layers = layers
    self.heads = heads
    self.mlpWidth = mlpWidth
    self.activation = activation
    self.layerNormEpsilon = layerNormEpsilon
  }
}

/// The image tower: patches of a square picture, a class token, a transformer.
public struct VisionConfiguration: Sendable, Equatable {
  /// The blocks.
  public var transformer: TransformerConfiguration
  /// The side of the square picture, in pixels.
  public var imageSize: Int
  /// The side of a square patch, in pixels.
  public var patchSize: Int

  /// Creates an image tower's configuration.
  public init(transformer: TransformerConfiguration, imageSize: Int, patchSize: Int) {
    self.transformer = transformer
    self.imageSize = imageSize
    self.patchSize = patchSize
  }

  /// Patches in a picture, without the class token.
  public var patchCount: Int { (imageSize / patchSize) * (imageSize / patchSize) }
}

/// The text tower: a causal transformer whose output at the end of the text is the caption's.
public struct TextConfiguration: Sendable, Equatable {
  /// The blocks.
  public var transformer: TransformerConfiguration
  /// The number of token embeddings, 49408 in every published CLIP.
  public var vocabularySize: Int
  /// The most tokens that a text can have, 77 in every published CLIP.
  public var contextLength: Int
  /// How the tower finds the position whose output stands for the text.
  public var endOfText: EndOfText

  /// Creates a text tower's configuration.
  public init(
    transformer: TransformerConfiguration, vocabularySize: Int, contextLength: Int, endOfText: EndOfText
  ) {
    self.transformer = transformer
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.endOfText = endOfText
  }
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
