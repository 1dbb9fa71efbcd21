import CLIP
import Compute
import Foundation

/// Checkpoints whose numbers follow from the names of their tensors alone, so that Python and Swift make the same ones:
/// `Fixtures/make_trunks.py` has the same rules.
enum TrunkModel {
  /// The numbers of a tensor: SplitMix64 from the FNV-1a hash of its name, its upper 24 bits as a number in [-1, 1), then
  /// scaled by what the tensor is.
  static func values(_ name: String, _ shape: [Int]) -> [Float] {
    var seed: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var generator = SplitMix(seed: seed)
    let (center, spread) = range(name, shape)
    return (0..<shape.reduce(1, *)).map { _ in
      center + spread * (Float(generator.next() >> 40) / Float(1 << 23) - 1)
    }
  }

  /// The middle of a tensor's numbers, and how far they go from it.
  private static func range(_ name: String, _ shape: [Int]) -> (center: Float, spread: Float) {
    if name == "logit_scale" { return (3.5, 0) }
    if name.hasSuffix("running_var") { return (1, 0.5) }
    if shape.count < 2 { return name.hasSuffix("weight") ? (1, 0.25) : (0, 0.25) }
    if name.contains("embedding"), !name.contains("patch") { return (0, 1) }
    // He's rule: ReLU6 then keeps the size of the numbers.
    return (0, (6 / Float(shape.dropFirst().reduce(1, *))).squareRoot())
  }

  /// The checkpoint of an architecture.
  static func checkpoint(_ configuration: CLIPConfiguration) throws -> Checkpoint {
    var tensors: [String: StoredTensor] = [:]
    for (name, shape) in configuration.parameterShapes {
      tensors[name] = StoredTensor(shape: shape, floats: values(name, shape))
    }
    return Checkpoint(configuration: configuration, tensors: tensors, name: "trunk")
  }
}
