public import CLIP
public import JSON

/// How a cosine becomes a score: a definition, with the range of the model's cosines where its configuration gives one.
///
/// The calibration of a model counts in the definition ``CLIPScoreDefinition/hessel`` alone; the others are other
/// programs' numbers.
public struct CLIPScoreFormula: Sendable, Equatable, Codable {
  /// Which of the three CLIPScores.
  public let definition: CLIPScoreDefinition
  /// The model's own range; nil where it has none, or the definition does not heed it.
  public let calibration: ScoreCalibration?

  /// Puts a definition and a model's calibration together.
  public init(_ definition: CLIPScoreDefinition, calibration: ScoreCalibration? = nil) {
    self.definition = definition
    self.calibration = definition == .hessel ? calibration : nil
  }

  /// What a cosine above the offset is multiplied by.
  public var scale: Double { calibration?.scale ?? definition.scale }
  /// The cosine that gives zero.
  public var offset: Double { calibration?.offset ?? 0 }

  /// The most that CLIPScore can be.
  public var most: Double { score(cosine: 1) }
  /// The most that RefCLIPScore can be.
  public var mostWithReferences: Double { referenceScore(cosine: 1, bestReferenceCosine: 1) }

  /// CLIPScore of a pair from the cosine of the image and the (prefixed) caption.
  public func score(cosine: Double) -> Double {
    let above = cosine - offset
    return scale * (definition.clamp == .pair ? max(above, 0) : above)
  }

  /// RefCLIPScore of a pair: the harmonic mean of the *scaled* CLIPScore and the best cosine of the candidate with a
  /// reference, both at least zero. A zero in either gives zero.
  ///
  /// With a reference offset r, `(cos − r) / (1 − r)` stands in place of that cosine.
  public func referenceScore(cosine: Double, bestReferenceCosine: Double) -> Double {
    let score = scale * max(cosine - offset, 0)
    let least = calibration?.referenceOffset ?? 0
    let reference = max((bestReferenceCosine - least) / (1 - least), 0)
    guard score > 0, reference > 0 else { return 0 }
    return 2 * score * reference / (score + reference)
  }

  /// The definition and, where the model has a range of its own, its numbers: `hessel(3.2,0.15)`.
  public var summary: String {
    guard let calibration else { return definition.rawValue }
    let numbers = [calibration.scale, calibration.offset] + (calibration.referenceOffset.map { [$0] } ?? [])
    return "\(definition.rawValue)(\(numbers.map { "\($0)" }.joined(separator: ",")))"
  }

  /// The definition and its settings.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("definition", .string(definition.rawValue)), .init("scale", .number(scale)),
    ]
    if let calibration {
      members.append(.init("offset", .number(offset)))
      if let least = calibration.referenceOffset { members.append(.init("reference_offset", .number(least))) }
    }
    members += [
      .init("prefix", .string(definition.prefix)), .init("clamp", .string(definition.clamp.rawValue)),
    ]
    return .object(members)
  }
}
