/// A CLIP checkpoint that is open for reading: its architecture and its tensors under one set of names.
///
/// The names are those of Hugging Face's `CLIPModel`
/// (`vision_model.encoder.layers.0.self_attn.q_proj.weight` …), whatever layout the file has:
/// a fused `in_proj_weight` appears as three tensors that point into it, and matrices are always stored
/// `[outputs, inputs]`.
public struct Checkpoint: Sendable {
  /// The architecture.
  public var configuration: CLIPConfiguration
  /// The parameters by their Hugging Face name.
  public var tensors: [String: StoredTensor]
  /// A name for people: `owner/name` for a model of the hub, else the last part of the path.
  public var name: String
  /// Where the checkpoint was read from; nil if it was made in memory.
  public var source: CheckpointSource?
  /// What a user should know about the checkpoint, a sentence each.
  public var warnings: [String]

  /// Creates a checkpoint from its parts.
  public init(
    configuration: CLIPConfiguration, tensors: [String: StoredTensor], name: String = "checkpoint",
    source: CheckpointSource? = nil, warnings: [String] = []
  ) {
    self.configuration = configuration
    self.tensors = tensors
    self.name = name
    self.source = source
    self.warnings = warnings
  }

  /// The number of parameters that the architecture uses.
  public var parameterCount: Int { tensors.values.reduce(0) { $0 + $1.count } }

  /// The bytes of the parameters as they are stored.
  public var byteCount: Int { tensors.values.reduce(0) { $0 + $1.bytes.count } }

  /// How the parameters are stored: the number of parameters of each type.
  public var storage: [StorageType: Int] {
    tensors.values.reduce(into: [:]) { $0[$1.type, default: 0] += $1.count }
  }

  /// The logarithm of the factor that turns cosines into logits: `logits = exp(logitScale) · cosine`.
  public var logitScale: Float { tensors["logit_scale"]?.element(at: 0) ?? 0 }
}
