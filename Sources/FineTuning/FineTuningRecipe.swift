public import Foundation
public import Training

/// What `plumb finetune` is asked: a CLIP whose text tower is to answer paraphrases alike, with its image tower frozen.
///
/// The method is ParaCLIP's (Kim et al. 2024): `InfoNCE(image, x″) + InfoNCE(x, x′) + InfoNCE(x′, x″)`, for captions x, their
/// plain paraphrases x′ and paraphrases x″ of these.
public struct FineTuningRecipe: TrainingRecipe {
  /// Lines of `plumb paraphrase`, and where their images are.
  public struct Paraphrases: Sendable, Equatable {
    /// The file.
    public var file: URL
    /// The folder of the images; nil where no loss needs them.
    public var images: URL?
    /// The names of the images that count.
    public var split: URL?
    /// More lines, whose images are not at hand: the losses between texts learn from them; nil for none.
    public var textsAlone: URL?
    /// Sentences whose embeddings are to stay as they are; nil for none.
    public var anchors: URL?
  }

  /// What models are measured with between epochs.
  public struct Validation: Sendable, Equatable {
    /// Captions of images that are not learnt from, at least two of each.
    public var captions: URL
    /// The images.
    public var images: URL
    /// The names of those that count.
    public var split: URL?
    /// Pairs of a caption and its paraphrase to be compared; without it, the first caption of each image and the second.
    public var paraphrases: URL?
  }

  /// What moves in the text tower.
  public enum Update: Sendable, Equatable {
    /// Everything.
    case whole
    /// The last layers, and what follows them.
    case lastLayers(Int)
    /// A change of low rank in every linear layer.
    case lora(LoRAConfiguration)
  }

  /// What cosines are multiplied with to be logits.
  public enum Scale: Sendable, Equatable {
    /// The model's own, as it is.
    case model
    /// The model's own, which is learnt.
    case learnt
    /// One over a temperature.
    case temperature(Double)
  }

  /// The weights of the losses; 0 leaves one out.
  public struct Losses: Sendable, Equatable {
    /// All of weight 1.
    public init() {}
    /// InfoNCE of the image and x″: keeps the two towers together.
    public var imageParaphrase = 1.0
    /// InfoNCE of x and x′: ties captions to plain language.
    public var captionPlain = 1.0
    /// InfoNCE of x′ and x″: makes paraphrases equal.
    public var plainParaphrase = 1.0
    /// The mean of 1 − cos to the old embeddings of ``Paraphrases/anchors``, where there are some: keeps the tower from forgetting.
    public var anchor = 1.0
  }

  /// Where the run is written, and what it is computed with.
  public var header: RunHeader
  /// The model: what `--model` takes.
  public var model: String
  /// What is learnt from.
  public var paraphrases: Paraphrases
  /// The share of images that may be missing; their lines are skipped and counted.
  public var brokenShare: Double
  /// What is measured.
  public var validation: Validation
  /// What moves.
  public var update: Update
  /// What cosines are multiplied with.
  public var scale: Scale
  /// The losses.
  public var losses: Losses
  /// How long and how fast.
  public var settings: TrainingSettings
  /// How far the finished weights are from the old to the tuned ones, 0 to 1; nil to choose by ``guarded``.
  public var alpha: Double?
  /// How far text→image R@10 may fall on the validation images when alpha is chosen, as a share: 0.005 is half a point.
  public var guarded: Double
}
