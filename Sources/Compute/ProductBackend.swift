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

  /// How the outputs of a matrix are cut into parts: weights that oneDNN has packed cannot be divided later, so there is
  /// a part for each thread, up to eight, of 192 outputs at least, which begins at a multiple of 64.
  package func parts(
    ofOutputs outputs: Int, threads: Int = Hardware.processorCount
  ) -> [Range<Int>] {
    let count = min(max(2, threads), 8, outputs / 192)
    guard self == .oneDNNPacked, count > 1 else { return [0..<outputs] }
    let cuts = [0] + (1..<count).map { outputs * $0 / count / 64 * 64 } + [outputs]
    return zip(cuts, cuts.dropFirst()).map { $0..<$1 }
  }
}
