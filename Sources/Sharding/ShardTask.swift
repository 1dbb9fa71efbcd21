public import CLIP
public import CaptionMetrics
import Compute
public import Files
import JSON

/// What is made of each pair of a shard: embeddings that are kept, or a CLIPScore.
public struct ShardTask: Sendable {
  /// Which side of a pair is embedded.
  public enum Parts: String, Sendable, CaseIterable {
    /// Images and captions.
    case both
    /// Images alone; captions may be missing.
    case images
    /// Captions alone; images may be missing.
    case texts
  }

  enum Product: Sendable {
    case embeddings(NumPyType, isNormalized: Bool, Parts)
    case scores(CLIPScoreDefinition)
  }

  let product: Product

  private init(_ product: Product) { self.product = product }

  /// Embeddings of images and captions, stored as `type`.
  public static func embeddings(
    _ type: NumPyType = .float32, normalized: Bool = true, of parts: Parts = .both
  ) -> ShardTask {
    ShardTask(.embeddings(type, isNormalized: normalized, parts))
  }

  /// The cosine and the CLIPScore of each pair; no embeddings are kept.
  public static func scores(_ definition: CLIPScoreDefinition = .hessel) -> ShardTask {
    ShardTask(.scores(definition))
  }

  /// The command that makes it, as `run.json` has it.
  var command: String {
    switch product {
    case .embeddings: "embed"
    case .scores: "score"
    }
  }

  var needsImages: Bool {
    if case .embeddings(_, _, .texts) = product { false } else { true }
  }

  var needsTexts: Bool {
    if case .embeddings(_, _, .images) = product { false } else { true }
  }

  var isNormalized: Bool {
    if case .embeddings(_, let isNormalized, _) = product { isNormalized } else { true }
  }

  /// The files of a finished shard, beside its summary.
  var files: [String] {
    guard case .embeddings = product else { return [ShardFolder.File.rows] }
    return (needsImages ? [ShardFolder.File.images] : []) + (needsTexts ? [ShardFolder.File.texts] : [])
      + [ShardFolder.File.rows]
  }

  /// What is put before every caption.
  var prefix: String {
    if case .scores(let definition) = product { definition.prefix } else { "" }
  }

  /// What all shards of an output have in common: everything that their numbers follow from, but for the processor.
  public func settings(with embedder: CLIPEmbedder) -> RunSettings {
    let model = embedder.provenance
    let options = embedder.options
    var members: [JSONValue.Member] = [
      .init("model", .string(model.fingerprint ?? "")),
      .init("precision", .string(options.precision.rawValue)),
      .init("dimension", .integer(embedder.dimension)),
      .init("preprocessing", .string(model.preprocessing ?? "")),
      .init("exif", .bool(options.honoursEXIF)),
      .init("max_pixels", .integer(options.pixelLimit)),
      .init("tokenizer", .string(model.tokenizer ?? "")),
      .init("strict", .bool(options.isStrict)),
    ]
    switch product {
    case .embeddings(let type, let isNormalized, let parts):
      members += [
        .init("dtype", .string(type.rawValue)), .init("normalized", .bool(isNormalized)),
        .init("only", .string(parts.rawValue)),
      ]
    case .scores(let definition):
      members.append(
        .init("clipscore", CLIPScoreFormula(definition, calibration: embedder.scoreCalibration).json))
    }
    return RunSettings(command: command, members)
  }
}
