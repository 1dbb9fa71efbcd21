public import Foundation
public import Training

/// What `plumb caption train` is asked: a captioner that is trained on images and captions by cross-entropy.
public struct CaptionRecipe: TrainingRecipe {
  /// Images with captions.
  public struct Captions: Sendable, Equatable {
    /// The captions, in any layout that `TrainingSet.captions` reads.
    public var captions: URL
    /// The folder of the images.
    public var images: URL
    /// The names of the images that count, or the name of a split.
    public var split: URL?
  }

  /// What a finished captioner is measured on.
  public struct Test: Sendable, Equatable {
    /// Images with references.
    public var data: Captions
    /// The models of CLIPScore and RefCLIPScore: what `--model` takes.
    public var models: [String]
  }

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
  /// The training data.
  public var data: [Captions]
  /// The validation data.
  public var validation: Captions
  /// The largest share of images that may be missing or unreadable; they are skipped and counted.
  public var maxSkippedFraction: Double
  /// The views of an image whose features are computed; 1 for the image as the encoder takes it.
  public var views: Int
  /// What makes the other views differ.
  public var augmentation: Augmentation
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
  /// How captions are generated for validation.
  public var generation: GenerationOptions
  /// What a finished captioner is measured on; nil for nothing.
  public var test: Test?
  /// Where features are cached; nil for a folder in the output.
  public var cache: URL?
}
