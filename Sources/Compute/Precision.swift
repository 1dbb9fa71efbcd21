/// The numbers that a model's products are computed in.
public enum Precision: String, Sendable, CaseIterable {
  /// 32-bit floating point: the reference's own.
  case float32 = "f32"
  /// Weights of 16 bits (8 of exponent), and activations too where the processor multiplies such numbers.
  case bfloat16 = "bf16"
  /// Weights of 8 bits with a scale for each output, activations of 8 bits with a scale for each row.
  case int8
}
