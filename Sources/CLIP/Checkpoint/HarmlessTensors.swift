/// Tensors that checkpoints hold beside the parameters and that change no embedding. All others must be used: a
/// tensor that is dropped silently is a wrong embedding.
///
/// | name | what it is |
/// |---|---|
/// | `position_ids` | 0, 1, 2 …, a buffer of older transformers |
/// | `attn_mask` | the causal mask, a buffer of open_clip and of OpenAI's code |
/// | `mask1`, `mask2` | Long-CLIP's choice between its two position tables, which is always the same |
/// | `logit_bias` | added to logits by SigLIP's loss; embeddings and cosines do not have it |
/// | `num_batches_tracked` | how many batches a batch norm has seen |
/// | `input_resolution`, `context_length`, `vocab_size` | sizes in OpenAI's archives; the shapes tell the same |
enum HarmlessTensors {
  private static let names: Set<String> = [
    "position_ids", "attn_mask", "mask1", "mask2", "logit_bias", "num_batches_tracked", "input_resolution",
    "context_length", "vocab_size",
  ]

  /// Whether a tensor may be left out: by the last part of its name.
  static func contains(_ name: String) -> Bool {
    names.contains(String(name.split(separator: ".").last ?? ""))
  }
}
