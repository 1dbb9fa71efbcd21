/// The three incompatible things that are called CLIPScore.
///
/// They differ in scale, in the words put before a caption, and in where a negative cosine becomes zero;
/// numbers of different definitions must not be compared.
public enum CLIPScoreDefinition: String, Sendable, Equatable, CaseIterable, Codable {
  /// Hessel et al., "CLIPScore: A Reference-free Evaluation Metric for Image Captioning" (EMNLP 2021), as
  /// `jmhessel/clipscore` computes it: `2.5 · max(cos, 0)`, with a prefix.
  case hessel
  /// `torchmetrics.multimodal.CLIPScore`: `100 · cos` without a prefix; only the corpus mean is clamped, so
  /// a pair's score may be negative.
  ///
  /// torchmetrics has no RefCLIPScore; here it is Hessel's formula with this scale and without a prefix.
  case torchmetrics
  /// Sarto et al., "Positive-Augmented Contrastive Learning for Image and Video Captioning Evaluation"
  /// (CVPR 2023): `2 · max(cos, 0)`, with a prefix. Meant for the weights of PAC-S.
  case pac

  /// What a cosine is multiplied by.
  public var scale: Double {
    switch self {
    case .hessel: 2.5
    case .torchmetrics: 100
    case .pac: 2
    }
  }

  /// What is put before every candidate and every reference.
  public var prefix: String {
    switch self {
    case .hessel, .pac: "A photo depicts "
    case .torchmetrics: ""
    }
  }

  /// Where a negative value becomes zero.
  public var clamp: Clamp { self == .torchmetrics ? .corpusMean : .pair }

  /// Where a negative value becomes zero.
  public enum Clamp: String, Sendable {
    /// In every pair's score.
    case pair
    /// In the corpus value alone.
    case corpusMean = "corpus mean"
  }
}

extension CLIPScoreDefinition {
  /// CLIPScore of a pair from the cosine of the image and the (prefixed) caption, as the definition has it.
  public func score(cosine: Double) -> Double { CLIPScoreFormula(self).score(cosine: cosine) }

  /// RefCLIPScore of a pair, as ``CLIPScoreFormula/referenceScore(cosine:bestReferenceCosine:)`` without a calibration.
  public func referenceScore(cosine: Double, bestReferenceCosine: Double) -> Double {
    CLIPScoreFormula(self).referenceScore(cosine: cosine, bestReferenceCosine: bestReferenceCosine)
  }

  /// The corpus value: the mean over the pairs, zero for none.
  public func corpusScore(_ scores: [Double]) -> Double {
    guard !scores.isEmpty else { return 0 }
    let mean = scores.reduce(0, +) / Double(scores.count)
    return clamp == .corpusMean ? max(mean, 0) : mean
  }
}
