/// Keeps what happens inside one layer, for losses on relations inside the towers.
public final class ActivationHook {
  /// (B, H, T, D).
  public private(set) var queries: Tensor?
  /// (B, H, T, D).
  public private(set) var keys: Tensor?
  /// (B, H, T, D).
  public private(set) var values: Tensor?
  /// (B, T, W), what the layer gives.
  public internal(set) var hidden: Tensor?

  /// A hook that has kept nothing yet.
  public init() {}

  func keep(queries: Tensor, keys: Tensor, values: Tensor) {
    self.queries = queries
    self.keys = keys
    self.values = values
  }
}
