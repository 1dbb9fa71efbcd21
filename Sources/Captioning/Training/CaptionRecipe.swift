public import Training

/// What `plumb caption train` is asked: a captioner that is trained on images and captions by cross-entropy.
public struct CaptionRecipe: TrainingRecipe {
  /// The decoder's shape.
  public struct Decoder: Sendable, Equatable {
    /// The width.
    public var width = 384
    /// The layers.
    public var layers = 2
    /// Consecutive layers that share the products of a block.
    public var sharing = 1
    /// The attention heads.
    public var heads = 6
    /// The width of the hidden layer of the MLP.
    public var mlpWidth = 1536
    /// The dropout of embedded words and of what layers add.
    public var dropout = 0.2
    /// The dropout of the projected features.
    public var featureDropout = 0.3
  }

  /// Where the run is written, and what it is computed with.
  public var header: RunHeader
  /// The image encoder: what `--model` takes.
  public var encoder: String
  /// The images and captions.
  public var sources: CaptionSources
  /// The decoder.
  public var decoder: Decoder
  /// How often a word must occur to be in the vocabulary.
  public var minWordCount: Int
  /// The most words of a caption, its end counted as one.
  public var maxLength: Int
  /// The captions of an image that an epoch trains on.
  public var captionsPerImage: Int
  /// The share of a target's probability that is spread over all words.
  public var labelSmoothing: Double
  /// How long and how fast.
  public var settings: TrainingSettings
}
