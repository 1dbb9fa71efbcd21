/// The numbers that a model's products are computed in.
public enum Precision: String, Sendable, CaseIterable {
  /// 32-bit floating point: the reference's own.
  case float32 = "f32"
  /// Weights of 16 bits (8 of exponent), and activations too where the processor multiplies such numbers.
  case bfloat16 = "bf16"
  /// Weights of 8 bits with a scale for each output, activations of 8 bits with a scale for each row.
  case int8
}

/// Whether f32 weights are copied into the order that is fastest to multiply.
public enum Packing: Sendable {
  /// Packed as the model is built: for many items.
  case always
  /// Read where the checkpoint has them, if that is possible: a model that embeds a handful of items and ends is
  /// done before the copy would be.
  case whereNeeded
}
