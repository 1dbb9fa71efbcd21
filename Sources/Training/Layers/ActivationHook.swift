/// Records the activations of one layer, for losses on relations inside the towers.
public final class ActivationHook {
  /// (B, H, T, D).
  public private(set) var queries: Tensor?
  /// (B, H, T, D).
  public private(set) var keys: Tensor?
  /// (B, H, T, D).
  public private(set) var values: Tensor?
  /// (B, T, W), the output of the layer.
  public internal(set) var hidden: Tensor?
  /// (B, 1, T), what is added to scores: 0 for a token, and far below every score for a place behind the end of a shorter text; nil where
  /// all have T tokens.
  public private(set) var padding: Tensor?

  /// A hook that has recorded nothing yet.
  public init() {}

  func keep(queries: Tensor, keys: Tensor, values: Tensor, padding: Tensor?) {
    self.queries = queries
    self.keys = keys
    self.values = values
    self.padding = padding
  }
}
