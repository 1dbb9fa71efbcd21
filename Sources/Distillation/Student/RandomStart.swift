import CLIP
import Foundation

/// Random parameters for a student that starts from scratch.
struct RandomStart {
  let seed: UInt64
  /// Whose patches are copied; nil for a model of its own.
  let teacher: Checkpoint?

  /// What the published recipe copies from the teacher; a stem, which belongs to the patches, goes with it.
  private static let copied: Set<String> = [
    "logit_scale", "vision_model.embeddings.class_embedding",
    "vision_model.embeddings.patch_embedding.weight",
    "vision_model.embeddings.position_embedding.weight",
  ]

  func tensors(of student: CLIPConfiguration) -> [String: StoredTensor] {
    var numbers = NormalNumbers(seed: seed)
    var tensors: [String: StoredTensor] = [:]
    for (name, shape) in student.parameterShapes {
      let count = shape.reduce(1, *)
      if Self.copied.contains(name) || name.hasPrefix(StemNames.prefix), let same = teacher?.tensors[name],
        same.shape == shape
      {
        tensors[name] = same
      } else if name.hasSuffix("_mixer.weight") {
        tensors[name] = .identity(shape[0])
      } else if name.hasPrefix(StemNames.prefix), name.hasSuffix(".norm2.weight") {
        // A residual block starts as the identity.
        tensors[name] = StoredTensor(shape: shape, floats: [Float](repeating: 0, count: count))
      } else if name.hasSuffix(".bias") || name.hasSuffix(".running_mean") {
        tensors[name] = StoredTensor(shape: shape, floats: [Float](repeating: 0, count: count))
      } else if name.hasSuffix("norm.weight") || name.hasSuffix("norm1.weight")
        || name.hasSuffix("norm2.weight") || name.hasSuffix(".running_var")
        || (name.hasPrefix(TrunkNames.prefix) && shape.count == 1)
      {
        tensors[name] = StoredTensor(shape: shape, floats: [Float](repeating: 1, count: count))
      } else {
        // Widened rows of the token embedding keep the deviation that they have.
        let deviation =
          name == TokenNames.widening
          ? 1 / Double(shape[1]).squareRoot() : teacher == nil ? Self.deviation(name, shape, student) : 0.02
        tensors[name] = StoredTensor(
          shape: shape, floats: (0..<count).map { _ in Float(deviation * numbers.next(within: 2)) })
      }
    }
    return tensors
  }
}

extension RandomStart {
  /// The deviations of OpenAI's CLIP (`initialize_parameters` of its model.py), He's for convolutions.
  ///
  /// What is added to the residual stream starts smaller the deeper the tower is.
  static func deviation(_ name: String, _ shape: [Int], _ model: CLIPConfiguration) -> Double {
    let inputs = Double(shape.dropFirst().reduce(1, *))
    if name.hasPrefix(StemNames.prefix) || name.hasPrefix(TrunkNames.prefix) {
      return (2 / inputs).squareRoot()
    }
    if name.hasPrefix(ImageProjectionNames.linear) { return 1 / inputs.squareRoot() }
    let tower = name.hasPrefix("text") ? model.text.transformer : model.vision.transformer
    let width = Double(tower.width)
    let depth = (2 * Double(tower.layers)).squareRoot()
    switch name {
    case TokenNames.table: return 0.02
    case _ where name.hasSuffix("position_embedding.weight"):
      return name.hasPrefix("text") ? 0.01 : 1 / width.squareRoot()
    case _ where name.hasSuffix("out_proj.weight") || name.hasSuffix("fc2.weight"):
      return 1 / width.squareRoot() / depth
    case _ where name.hasSuffix("fc1.weight"): return 1 / (2 * width).squareRoot()
    case _ where name.hasSuffix("patch_embedding.weight"): return 1 / inputs.squareRoot()
    default: return 1 / width.squareRoot()
    }
  }
}

/// Numbers of the standard normal distribution, by the method of Box and Muller, from the SplitMix64 generator.
private struct NormalNumbers {
  private var state: UInt64
  private var other: Double?

  init(seed: UInt64) { state = seed }

  /// A number whose magnitude is below `limit`.
  mutating func next(within limit: Double) -> Double {
    while true {
      let number = next()
      if abs(number) < limit { return number }
    }
  }

  private mutating func next() -> Double {
    if let number = other {
      other = nil
      return number
    }
    // Within (0, 1], so that the logarithm is finite.
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    other = radius * sin(angle)
    return radius * cos(angle)
  }

  /// From 0 to below 1.
  private mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    return Double(bits >> 11) * 0x1p-53
  }
}
