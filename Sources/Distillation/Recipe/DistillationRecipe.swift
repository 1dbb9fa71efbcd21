public import Foundation
public import Training

/// What `plumb distill` is asked: a model, its teacher, data, and stages one after another.
public struct DistillationRecipe: TrainingRecipe {
  /// Where a model starts.
  public enum Start: Sendable, Equatable {
    /// From a checkpoint, `plumb compress`'s output for example: what `--model` takes.
    case checkpoint(String)
    /// From random numbers: a folder with `config.json`, the tokenizer's files and `preprocessor_config.json`.
    case architecture(URL)
    /// From a checkpoint as far as it fits the folder's architecture.
    case grown(String, URL)
  }

  /// The teacher: a model, or embeddings of another encoder.
  public struct Teacher: Sendable, Equatable {
    /// CLIP models, whose embeddings are computed once: what `--model` takes. Of several with one common space, an embedding is the
    /// mean of theirs, each of unit length.
    public var models: [String] = []
    /// Texts, one a line, embedded by another text encoder: ``textEmbeddings``.
    public var texts: URL?
    /// The embeddings of ``texts``, a `.npy` matrix in their order.
    public var textEmbeddings: URL?
    /// Where its image embeddings come from.
    public var imageEmbeddings = ImageEmbeddings.model

    /// Where a teacher's image embeddings come from.
    public enum ImageEmbeddings: String, Sendable, CaseIterable {
      /// The image towers of `models`.
      case model
      /// The embedding of an image is the mean of its captions' normalized embeddings.
      case captions
    }

    /// Whether it has image embeddings.
    var hasImages: Bool { imageEmbeddings == .model ? !models.isEmpty : hasTexts }
    /// Whether it has text embeddings.
    var hasTexts: Bool { !models.isEmpty || texts != nil }
  }

  /// Where images and captions come from.
  public struct Source: Sendable, Equatable {
    /// How they lie there.
    public enum Layout: Sendable, Equatable {
      /// Captions of a file, with their images in a folder.
      case captions(URL, images: URL, split: URL?, excluding: URL?)
      /// Lines of an image's path and a caption.
      case table(URL, images: URL)
      /// A folder a class.
      case folders(URL, names: URL?)
      /// Webdataset archives.
      case shards([String])
      /// Captions without images.
      case texts([URL], column: String?)
    }
    /// What stages call it.
    public var name: String
    /// How it lies there.
    public var layout: Layout
  }

  /// What models are measured with between epochs.
  public struct Validation: Sendable, Equatable {
    /// Captions of images that are not trained on.
    public var captions: URL
    /// The images.
    public var images: URL
    /// The names of those that count.
    public var split: URL?
    /// Judged pairs, in the layout of `plumb judge FILE.jsonl`.
    public var judgements: URL?
  }

  /// Where the run is written, and what it is computed with.
  public var header: RunHeader
  /// The model that is trained.
  public var start: Start
  /// Pretrained weights of the image tower's convolutional trunk, which `plumb model import-trunk` wrote; they take the place of
  /// those that ``start`` gives.
  public var trunk: URL?
  /// What it is trained to imitate.
  public var teacher: Teacher
  /// The data by name.
  public var sources: [Source]
  /// The most bytes of decoded images kept in memory; 0 for none.
  public var imageCache: Int
  /// The side to which images are scaled down for the cache.
  public var cacheEdge: Int
  /// The largest share of images that may be missing or unreadable; they are skipped and counted.
  public var maxSkippedFraction: Double
  /// What models are measured with.
  public var validation: Validation?
  /// The stages.
  public var stages: [Stage]

  /// Whether training moves a tower.
  public enum Trained: String, Sendable, CaseIterable {
    /// The image tower alone.
    case image
    /// The text tower alone.
    case text
    /// Both.
    case both
  }

  /// One stage.
  public struct Stage: Sendable {
    /// What it is called.
    public var name: String
    /// Which towers move.
    public var trains: Trained
    /// The names of its data.
    public var data: [String]
    /// Which captions of an image a batch has.
    public var captions: Captions
    /// The side of the images, nil for the model's own.
    public var imageSize: Int?
    /// How long and how fast it trains.
    public var settings: TrainingSettings
    /// Stochastic depth: the probability with which the last layer's branches are dropped.
    public var dropPath: Double
    /// The weights that the stage ends with are (1 − α) · those that the recipe starts from + α · the trained ones
    /// (WiSE-FT); 1 for the trained ones alone.
    public var wiseFTAlpha: Double
    /// How the names of parameters begin that do not move.
    public var frozen: [String]
    /// Whether batch norms keep their running means and variances, and use them in training too; parameters may move.
    public var freezesBatchNormStatistics: Bool
    /// What the learning rate of parameters is multiplied with, by how their names begin; the longest beginning counts.
    public var learningRateFactors: [String: Double]
    /// The weights of the losses.
    public var losses: Losses
    /// What is changed in images.
    public var augmentation: Augmentation
  }

  /// Which captions of an image a batch has.
  public enum Captions: String, Sendable, CaseIterable {
    /// The first.
    case first
    /// One at random, another each epoch.
    case random
    /// One after another, epoch by epoch.
    case inTurn = "in_turn"
    /// All of them, where texts are fixed.
    case all
  }

  /// The weights of the losses; 0 switches one off.
  public struct Losses: Sendable, Equatable {
    /// The mean absolute difference of image embeddings to the teacher's.
    public var imageL1 = 0.0
    /// `1 − cos` of image embeddings and the teacher's.
    public var imageCosine = 0.0
    /// The mean absolute difference of text embeddings to the teacher's.
    public var textL1 = 0.0
    /// `1 − cos` of text embeddings and the teacher's.
    public var textCosine = 0.0
    /// L-CLIP's Similarity Regulator.
    public var similarityRegulator = 0.0
    /// Cross-entropy to the teacher's softmax, both directions.
    public var softLabels = 0.0
    /// InfoNCE, both directions.
    public var contrastive = 0.0
    /// The share of the contrastive targets that is spread by caption similarity (soft targets), 0 to 1.
    public var softTargets = 0.0
    /// The temperature of the soft targets.
    public var softTargetTemperature = 0.07
    /// Relations of queries, keys and values in the last layers.
    public var attentionRelation = 0.0
    /// Relations of what the last layers give.
    public var hiddenRelation = 0.0

    /// Whether images and captions are compared.
    public var comparesPairs: Bool { similarityRegulator > 0 || softLabels > 0 || contrastive > 0 }
    /// Whether layers inside the towers are compared.
    public var comparesLayers: Bool { attentionRelation > 0 || hiddenRelation > 0 }

    /// No losses.
    public init() {}
  }
}
