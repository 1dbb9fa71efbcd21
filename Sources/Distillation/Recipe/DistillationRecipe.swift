public import Foundation
public import Learning

/// What `plumb distill` is asked: a model, its teacher, data, and stages one after another.
public struct DistillationRecipe: Sendable {
  /// Where a model starts.
  public enum Start: Sendable, Equatable {
    /// From a checkpoint, `plumb compress`'s output for example.
    case checkpoint(URL)
    /// From random numbers: a folder with `config.json`, the tokenizer's files and `preprocessor_config.json`.
    case architecture(URL)
  }

  /// Who is learnt from.
  public struct Teacher: Sendable, Equatable {
    /// A CLIP, whose embeddings the engine computes once.
    public var model: URL?
    /// Texts, one a line, of which `textVectors` has the embeddings: another text encoder's.
    public var texts: URL?
    /// The embeddings of `texts`, a row each.
    public var textVectors: URL?
  }

  /// Where pictures and captions come from.
  public struct Source: Sendable, Equatable {
    /// How they lie there.
    public enum Layout: Sendable, Equatable {
      case captions(URL, images: URL, split: URL?, excluding: URL?)
      case table(URL, images: URL)
      case folders(URL, names: URL?)
      case shards([String])
      case texts([URL], column: String?)
    }
    /// What stages call it.
    public var name: String
    /// How it lies there.
    public var layout: Layout
  }

  /// What models are measured with between epochs.
  public struct Validation: Sendable, Equatable {
    /// Captions of pictures that are not trained on.
    public var captions: URL
    /// The pictures.
    public var images: URL
    /// The names of those that count.
    public var split: URL?
    /// Judged pairs, in the layout of `plumb judge FILE.jsonl`.
    public var judgements: URL?
  }

  /// The folder of the run.
  public var output: URL
  /// What all random numbers follow from.
  public var seed: UInt64
  /// `cpu`, `cuda` or `cuda:N`.
  public var device: String
  /// Threads, nil for all.
  public var threads: Int?
  /// Whether products are computed in bfloat16.
  public var isMixed: Bool
  /// The model that is trained.
  public var start: Start
  /// Who it learns from.
  public var teacher: Teacher
  /// The data by name.
  public var sources: [Source]
  /// The most bytes of decoded pictures kept in memory; 0 for none.
  public var pictureCache: Int
  /// The side to which pictures are scaled down for the cache.
  public var cacheEdge: Int
  /// What models are measured with.
  public var validation: Validation?
  /// The stages.
  public var stages: [Stage]

  /// Whether training moves a tower.
  public enum Trained: String, Sendable, CaseIterable {
    case image
    case text
    case both
  }

  /// One stage.
  public struct Stage: Sendable {
    public var name: String
    public var trains: Trained
    public var data: [String]
    public var captions: Captions
    /// The side of the pictures, nil for the model's own.
    public var imageSize: Int?
    public var epochs: Int
    public var batch: Int
    public var accumulation: Int
    public var rate: Double
    public var warmUp: Double
    public var schedule: LearningRate.Shape
    public var floor: Double
    public var decay: Double
    public var clip: Double?
    public var average: Double?
    public var branchDrop: Double
    public var recomputes: Bool
    public var frozen: [String]
    public var losses: Losses
    public var augmentation: Augmentation
    public var validatesEvery: Int
    public var patience: Int?
    public var keepsBest: Bool
    public var savesEvery: Double
  }

  /// Which captions of a picture a batch has.
  public enum Captions: String, Sendable, CaseIterable {
    case first
    case random
    case inTurn = "in_turn"
    case all
  }

  /// The weights of the losses; 0 switches one off.
  public struct Losses: Sendable, Equatable {
    public var imageL1 = 0.0
    public var imageCosine = 0.0
    public var textL1 = 0.0
    public var textCosine = 0.0
    /// The Similarity Regulator's.
    public var regulator = 0.0
    public var softLabels = 0.0
    public var contrastive = 0.0
    /// The share of the contrastive targets that comes from how alike the captions are.
    public var softened = 0.0
    /// The temperature of that share.
    public var softenedTemperature = 0.07
    public var attentionRelation = 0.0
    public var hiddenRelation = 0.0

    /// Whether pictures and captions are compared.
    public var comparesPairs: Bool { regulator > 0 || softLabels > 0 || contrastive > 0 }
    /// Whether layers inside the towers are compared.
    public var comparesLayers: Bool { attentionRelation > 0 || hiddenRelation > 0 }

    /// No losses.
    public init() {}
  }
}
