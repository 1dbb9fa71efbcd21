public import Foundation
public import Training

/// What `plumb finetune` is asked: a CLIP model whose text tower is made robust to paraphrases, with its image tower frozen.
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
    /// More lines, without images: they are trained on by the losses between texts alone; nil for none.
    public var textOnly: URL?
    /// Sentences whose embeddings are kept close to those before training; nil for none.
    public var anchors: URL?
  }

  /// What models are measured with between epochs.
  public struct Validation: Sendable, Equatable {
    /// Captions of images that are not trained on, at least two of each.
    public var captions: URL
    /// The images.
    public var images: URL
    /// The names of those that count.
    public var split: URL?
    /// Pairs of a caption and its paraphrase to be compared; without it, the first caption of each image and the second.
    public var paraphrases: URL?
  }

  /// What is trained in the text tower.
  public enum Trainable: Sendable, Equatable {
    /// Every parameter.
    case all
    /// The last layers, the final norm and the projection.
    case lastLayers(Int)
    /// LoRA in every linear layer; the weights themselves are frozen.
    case lora(LoRAConfiguration)
  }

  /// The logit scale: the factor between cosines and logits.
  public enum Scale: Sendable, Equatable {
    /// The model's own, frozen.
    case model
    /// The model's own, trained further.
    case learned
    /// One over a fixed temperature.
    case temperature(Double)
  }

  /// The weights of the losses; 0 switches one off.
  public struct Losses: Sendable, Equatable {
    /// All of weight 1.
    public init() {}
    /// InfoNCE of the image and x″: keeps the two towers together.
    public var imageParaphrase = 1.0
    /// InfoNCE of x and x′: ties captions to plain language.
    public var captionPlain = 1.0
    /// InfoNCE of x′ and x″: makes paraphrases equal.
    public var plainParaphrase = 1.0
    /// The mean of 1 − cos to the embeddings of ``Paraphrases/anchors`` before training, where there are some: against
    /// forgetting.
    public var anchor = 1.0
  }

  /// Where the run is written, and what it is computed with.
  public var header: RunHeader
  /// The model: what `--model` takes.
  public var model: String
  /// The training data.
  public var paraphrases: Paraphrases
  /// The largest share of images that may be missing or unreadable; their lines are skipped and counted.
  public var maxSkippedFraction: Double
  /// The validation data.
  public var validation: Validation
  /// What is trained.
  public var trainable: Trainable
  /// The logit scale.
  public var scale: Scale
  /// The losses.
  public var losses: Losses
  /// How long and how fast.
  public var settings: TrainingSettings
  /// WiSE-FT's α: the finished weights are (1 − α) · the original ones + α · the tuned ones; nil to choose it by
  /// ``maxRecallDrop``.
  public var wiseFTAlpha: Double?
  /// How far text→image R@10 may fall on the validation images when α is chosen, as a share: 0.005 is half a point.
  public var maxRecallDrop: Double
}
