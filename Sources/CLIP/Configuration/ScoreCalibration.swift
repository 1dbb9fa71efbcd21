import JSON

/// What a model's configuration says of the range of its cosines, so that CLIPScore uses it:
/// `CLIPScore = scale · max(cos − offset, 0)`.
///
/// In `config.json`, beside `model_type`: `score_scale`, `score_offset`, and `reference_offset`. Fitted on training data
/// by whoever made the model; absent in every published CLIP.
public struct ScoreCalibration: Sendable, Equatable, Codable {
  /// What a cosine above the offset is multiplied by.
  public var scale: Double
  /// The cosine of an image and a caption that do not fit.
  public var offset: Double
  /// The cosine of two captions that do not fit; nil where the cosine of texts is taken as it is.
  public var referenceOffset: Double?

  /// The scale of Hessel et al., where a configuration gives none.
  public static let defaultScale = 2.5

  /// Creates a calibration.
  public init(scale: Double = defaultScale, offset: Double = 0, referenceOffset: Double? = nil) {
    self.scale = scale
    self.offset = offset
    self.referenceOffset = referenceOffset
  }

  /// Reads the keys; nil where there is none of them.
  init?(_ root: ConfigurationReader) throws {
    guard Self.keys.contains(where: root.has) else { return nil }
    scale =
      root.has(Self.keys[0]) ? try root.positive(Self.keys[0], default: Self.defaultScale) : Self.defaultScale
    offset = try root.cosine(Self.keys[1]) ?? 0
    referenceOffset = try root.cosine(Self.keys[2])
  }

  private static let keys = ["score_scale", "score_offset", "reference_offset"]

  /// The keys and their values.
  var members: [JSONValue.Member] {
    [.init(Self.keys[0], .number(scale)), .init(Self.keys[1], .number(offset))]
      + (referenceOffset.map { [.init(Self.keys[2], .number($0))] } ?? [])
  }
}
