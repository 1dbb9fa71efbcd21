import Foundation

/// The low-rank changes (LoRA) that lie unmerged beside the weights of a checkpoint, as peft names them.
///
/// `X.lora_A.weight` (r, inputs) and `X.lora_B.weight` (outputs, r), with the adapter's name before `weight` or without
/// it, change `X.weight`, which a wrapped layer calls `X.base_layer.weight`: the weight is
/// `W + scale · B·A`. The scale stands in `adapter_config.json` alone: `lora_alpha / r`, or `lora_alpha / √r` with
/// `use_rslora`.
struct LoRATensors: Sendable {
  /// The two matrices that change one weight, by their names.
  struct Change: Sendable {
    var down: String?
    var up: String?
  }

  /// The changes by the names of the weights.
  private(set) var changes: [String: Change] = [:]
  /// The name of the adapter that all changes belong to.
  private var adapter: Substring?
  /// A name that looks like LoRA's in a form that is not merged.
  private(set) var strange: String?

  /// Takes the name of a tensor; false where it has nothing to do with LoRA.
  mutating func take(_ name: String) -> Bool {
    let parts = name.split(separator: ".")
    guard let place = parts.firstIndex(where: { $0.hasPrefix("lora_") }) else { return false }
    let rest = parts[(place + 1)...]
    let known = rest.last == "weight" && rest.count <= 2 && place > 0
    guard known, parts[place] == "lora_A" || parts[place] == "lora_B",
      adapter == nil || adapter == rest.dropLast().first ?? ""
    else {
      strange = strange ?? name
      return true
    }
    adapter = rest.dropLast().first ?? ""
    let weight = parts[..<place].joined(separator: ".") + ".weight"
    if parts[place] == "lora_A" {
      changes[weight, default: Change()].down = name
    } else {
      changes[weight, default: Change()].up = name
    }
    return true
  }

  /// Whether there is none.
  var isEmpty: Bool { changes.isEmpty && strange == nil }

  /// Names for a message.
  var names: [String] {
    ([strange].compactMap(\.self) + changes.values.flatMap { [$0.down, $0.up].compactMap(\.self) }).sorted()
  }

  /// The name of a weight without the mark of a wrapped layer.
  static func unwrapped(_ name: String) -> String { name.replacing(".base_layer.", with: ".") }
}

/// The scale of low-rank changes, from `adapter_config.json`.
struct LoRAScale: Sendable, Equatable {
  /// The rank, r.
  let rank: Int
  /// What B·A is multiplied by.
  let factor: Float

  /// Reads a file; throws ``CheckpointError``, and ``CheckpointError/unmergedLoRA(file:names:reason:)`` for variants
  /// that are merged in another way.
  init(_ url: URL, names: [String]) throws {
    let reader = try ConfigurationReader(url)
    func refuse(_ what: String) -> CheckpointError {
      .unmergedLoRA(file: url.path, names: names, reason: "\(what) is not merged here")
    }
    if let type = try reader.string("peft_type"), type.uppercased() != "LORA" {
      throw refuse("the type \(type)")
    }
    for key in ["use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"]
    where try reader.bool(key, default: false) { throw refuse(key) }
    for key in ["rank_pattern", "alpha_pattern"] {
      if let pattern = try reader.object(key), !pattern.members.isEmpty { throw refuse(key) }
    }
    if let bias = try reader.string("bias"), bias != "none" { throw refuse("bias \"\(bias)\"") }
    rank = try reader.integer("r", in: CLIPConfiguration.Bounds.width, default: 8)
    let alpha = try reader.positive("lora_alpha", default: 8)
    let isRankStabilized = try reader.bool("use_rslora", default: false)
    factor = Float(alpha / (isRankStabilized ? Double(rank).squareRoot() : Double(rank)))
  }
}

extension StoredTensor {
  /// This matrix (outputs, inputs) plus `factor · up · down`, in float32; nil where the shapes do not fit.
  ///
  /// - Parameters:
  ///   - down: (rank, inputs).
  ///   - up: (outputs, rank).
  func adding(_ factor: Float, up: StoredTensor, down: StoredTensor, rank: Int) -> StoredTensor? {
    guard shape.count == 2, down.shape == [rank, shape[1]], up.shape == [shape[0], rank] else { return nil }
    let inputs = shape[1]
    var sum = floats()
    let (a, b) = (down.floats(), up.floats())
    sum.withUnsafeMutableBufferPointer { sum in
      a.withUnsafeBufferPointer { a in
        for (place, weight) in b.enumerated() {
          let (row, from) = (place / rank * inputs, place % rank * inputs)
          let scaled = factor * weight
          for column in 0..<inputs { sum[row + column] += scaled * a[from + column] }
        }
      }
    }
    return StoredTensor(shape: shape, floats: sum)
  }
}
