public import CLIP

/// What a student should be; nil for what its teacher is.
public struct StudentShape: Sendable, Equatable {
  /// The layers of the image tower.
  public var visionLayers: Int?
  /// The layers of the text tower.
  public var textLayers: Int?
  /// Weight sharing: the number of consecutive layers that use one block.
  public var sharing = 1
  /// Whether each layer mixes its heads; nil for: where blocks are shared.
  public var talkingHeads: Bool?
  /// The rank of the token embedding.
  public var embeddingRank: Int?
  /// Which tokens of a text a token sees; nil for the teacher's, and for `full` from scratch.
  public var attention: TextAttention?

  /// The heads of the image tower; of another number only from scratch, as the other three.
  public var visionHeads: Int?
  /// The heads of the text tower.
  public var textHeads: Int?
  /// The width of the image tower.
  public var visionWidth: Int?
  /// The width of the text tower.
  public var textWidth: Int?

  /// The teacher's shape.
  public init() {}

  /// The architecture of a student that starts from its teacher. Throws ``DistillationError``.
  public func configuration(inheritingFrom teacher: CLIPConfiguration) throws -> CLIPConfiguration {
    let vision = teacher.vision.transformer
    let text = teacher.text.transformer
    for (what, asked, found) in [
      ("heads in the image tower", visionHeads, vision.heads),
      ("heads in the text tower", textHeads, text.heads),
      ("width of the image tower", visionWidth, vision.width),
      ("width of the text tower", textWidth, text.width),
    ] {
      if let asked, asked != found {
        throw DistillationError.onlyFromScratch(what: what, asked: asked, teacher: found)
      }
    }
    for (name, asked, found) in [
      ("image", visionLayers, vision.layers), ("text", textLayers, text.layers),
    ] {
      if let asked, asked > found {
        throw DistillationError.tooManyLayers(tower: name, asked: asked, teacher: found)
      }
    }
    var student = try configuration(like: teacher)
    let isMixed = vision.talkingHeads || text.talkingHeads
    if isMixed, talkingHeads == nil {
      if student.vision.pooledTrunk == nil { student.vision.transformer.talkingHeads = true }
      student.text.transformer.talkingHeads = true
    }
    if isMixed, !student.text.transformer.talkingHeads {
      throw DistillationError.lostByTheStudent(what: "talking-heads attention")
    }
    if let rank = teacher.text.embeddingRank {
      if let embeddingRank, embeddingRank != rank {
        throw DistillationError.lostByTheStudent(what: "a token embedding of rank \(rank)")
      }
      student.text.embeddingRank = rank
    }
    return student
  }

  /// The architecture of a student that starts from scratch, as the published one: it takes the teacher's images,
  /// words and common space, has GELU, and its text tower sees whole texts and has no q/k/v bias. Throws
  /// ``DistillationError``.
  public func configuration(fromScratchBeside teacher: CLIPConfiguration) throws -> CLIPConfiguration {
    var plain = teacher
    plain.vision.transformer.activation = .gelu
    plain.text.transformer.activation = .gelu
    plain.vision.transformer.hasQueryKeyValueBias = true
    plain.text.transformer.hasQueryKeyValueBias = false
    plain.text.attention = .full
    plain.text.embeddingRank = nil
    let student = try configuration(like: plain)
    let count = student.parameterCounts.whole
    guard count <= Self.parameterLimit else {
      throw DistillationError.tooLarge(
        what: "the number of the student's parameters", found: count, limit: Self.parameterLimit)
    }
    return student
  }

  /// Far beyond any CLIP, and 8 GB in memory.
  private static let parameterLimit = 2_000_000_000

  private func configuration(like teacher: CLIPConfiguration) throws -> CLIPConfiguration {
    var student = teacher
    // The range of its cosines will be another.
    student.scoreCalibration = nil
    // A trunk alone has no layers to leave out or to share.
    if teacher.vision.pooledTrunk == nil || visionLayers ?? 0 > 0 {
      student.vision.transformer = try tower(
        teacher.vision.transformer, "image", layers: visionLayers, heads: visionHeads, width: visionWidth)
    }
    student.text.transformer = try tower(
      teacher.text.transformer, "text", layers: textLayers, heads: textHeads, width: textWidth)
    student.text.attention = attention ?? teacher.text.attention
    let width = student.text.transformer.width
    if let embeddingRank {
      guard embeddingRank >= 1 else {
        throw DistillationError.notPositive(what: "the rank of the token embedding", found: embeddingRank)
      }
      guard embeddingRank <= width else {
        throw DistillationError.rankTooHigh(rank: embeddingRank, width: width)
      }
    }
    student.text.embeddingRank = embeddingRank
    return student
  }

  private func tower(
    _ teacher: TransformerConfiguration, _ name: String, layers: Int?, heads: Int?, width: Int?
  ) throws -> TransformerConfiguration {
    var tower = teacher
    tower.layers = layers ?? teacher.layers
    tower.heads = heads ?? teacher.heads
    tower.width = width ?? teacher.width
    for (what, found, limit) in [
      ("the number of layers of the \(name) tower", tower.layers, 1_024),
      ("the weight sharing", sharing, 1_024),
      ("the number of heads of the \(name) tower", tower.heads, 65_536),
      ("the width of the \(name) tower", tower.width, 65_536),
    ] {
      guard found >= 1 else { throw DistillationError.notPositive(what: what, found: found) }
      guard found <= limit else { throw DistillationError.tooLarge(what: what, found: found, limit: limit) }
    }
    guard tower.layers % sharing == 0 else {
      throw DistillationError.indivisibleLayers(tower: name, layers: tower.layers, sharing: sharing)
    }
    guard tower.width % tower.heads == 0 else {
      throw DistillationError.indivisibleHeads(tower: name, heads: tower.heads, width: tower.width)
    }
    if width != nil, tower.width != teacher.width { tower.mlpWidth = 4 * tower.width }
    tower.sharing = sharing
    tower.talkingHeads = talkingHeads ?? (sharing > 1)
    return tower
  }
}
