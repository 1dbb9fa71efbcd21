package import CLIP
import Compute

/// Checkpoints whose numbers follow from the names of their tensors alone, so that Python and Swift make the same ones:
/// `CLIPTests/Fixtures/make_trunks.py` has the same rules.
package enum TrunkModel {
  /// The numbers of a tensor: SplitMix64 from the FNV-1a hash of its name, its upper 24 bits as a number in [-1, 1), then
  /// scaled by what the tensor is.
  package static func values(_ name: String, _ shape: [Int]) -> [Float] {
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
    // Between what ReLU6 makes vanish and what it cuts off: deep networks of larger weights are chaotic.
    let gain: Float = name.contains("conv_pwl") ? 3 : 4.5
    return (0, (gain / Float(shape.dropFirst().reduce(1, *))).squareRoot())
  }

  /// The checkpoint of an architecture.
  package static func checkpoint(_ configuration: CLIPConfiguration) throws -> Checkpoint {
    var tensors: [String: StoredTensor] = [:]
    for (name, shape) in configuration.parameterShapes {
      tensors[name] = StoredTensor(shape: shape, floats: values(name, shape))
    }
    return Checkpoint(configuration: configuration, tensors: tensors, name: "trunk")
  }

  /// Two square images: noise, and a slope.
  package static func images(_ side: Int) -> [PreparedImage] {
    var seed: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "pixels".utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var generator = SplitMix(seed: seed)
    let noise = (0..<3 * side * side).map { _ in UInt8(generator.next() >> 56) }
    var slope: [UInt8] = []
    for y in 0..<side {
      for x in 0..<side {
        slope.append(UInt8(y * 255 / (side - 1)))
        slope.append(UInt8(x * 255 / (side - 1)))
        slope.append(UInt8((x + y) * 255 / (2 * side - 2)))
      }
    }
    return [noise, slope].map { PreparedImage(height: side, width: side, pixels: $0) }
  }

  /// Pixels from -1 to 1, as timm's `tf_` weights take them.
  package static let normalization = PixelNormalization(
    table: (0..<768).map { Float(Double($0 % 256) / 255 * 2 - 1) })

  /// The embeddings of the two images.
  package static func embed(
    _ checkpoint: Checkpoint, _ precision: Precision, threads: Int = 2, copies: Int = 1
  ) throws -> EmbeddedItems {
    let inputs = images(checkpoint.configuration.vision.imageSize)
    return try CLIPModel(checkpoint, precision: precision, threads: threads).embedImages(
      count: inputs.count * copies, normalization: normalization, normalized: false
    ) { inputs[$0 % inputs.count] }
  }
}
