/// Who multiplies, and how its weights lie.
package enum ProductBackend: String, CaseIterable, Sendable {
  /// Our own loops, on panels.
  case own
  /// oneDNN, on plain row-major weights.
  case oneDNN
  /// oneDNN, on weights in the layout that it chooses.
  case oneDNNPacked

  /// What is fastest on this processor, for layers of so many inputs.
  static func best(_ precision: Precision, _ packing: Packing, inputs: Int) -> ProductBackend {
    let packed: ProductBackend = Hardware.prefersPacked ? .oneDNNPacked : .oneDNN
    switch precision {
    case .float32:
      guard packing == .always else { return .oneDNN }
      return FloatPanels.areAvailable ? .own : packed
    case .bfloat16: return !Hardware.multipliesBFloat16 && FloatPanels.areAvailable ? .own : packed
    case .int8: return BytePanels.suit(inputs: inputs) ? .own : packed
    }
  }

  /// The highest byte of a quantised activation: what the 16-bit sums of the product bear.
  var activationLevels: Int32 {
    if self == .own { return BytePanels.activationLevels }
    return Hardware.hasVNNI ? 255 : 127
  }
}
