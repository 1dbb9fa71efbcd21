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

  /// Creates a checkpoint from its parts.
  public init(configuration: CLIPConfiguration, tensors: [String: StoredTensor]) {
    self.configuration = configuration
    self.tensors = tensors
  }
}
