import CLIP

/// What a student takes from its teacher.
struct Inheritance {
  let vision: TowerInheritance
  let text: TowerInheritance
  private(set) var tensors: [String: StoredTensor] = [:]
  private(set) var retainedEnergy: Double?

  init(_ teacher: Checkpoint, _ student: CLIPConfiguration) throws {
    vision = TowerInheritance(
      "vision_model", from: teacher.configuration.vision.transformer, to: student.vision.transformer)
    text = TowerInheritance(
      "text_model", from: teacher.configuration.text.transformer, to: student.text.transformer)
    for (name, shape) in student.parameterShapes {
      if let heritage = vision.origins[name] ?? text.origins[name] {
        tensors[name] = try heritage.tensor(of: teacher, shape: shape)
      } else {
        // The tables, the norms around the layers and the projections; all but a table that is decomposed.
        tensors[name] = teacher.tensors[name]
      }
    }
    if let rank = student.text.embeddingRank, teacher.configuration.text.embeddingRank == nil {
      let table = try teacher.parameter(TokenNames.table)
      let decomposition = try TruncatedSVD(
        table.floats(), width: student.text.transformer.width, rank: rank)
      tensors[TokenNames.table] = StoredTensor(
        shape: [student.text.vocabularySize, rank], floats: decomposition.narrow)
      tensors[TokenNames.widening] = StoredTensor(
        shape: [student.text.transformer.width, rank], floats: decomposition.widening)
      retainedEnergy = decomposition.retainedEnergy
    }
  }
}

/// Where the parameters of a student's layers come from.
struct TowerInheritance {
  /// The teacher's layer of each layer.
  let layers: [Int]
  /// The origin of each parameter by its name.
  private(set) var origins: [String: Origin] = [:]

  enum Origin {
    /// The mean of these tensors of the teacher.
    case mean([String])
    /// A matrix of ones on the diagonal.
    case identity

    func tensor(of teacher: Checkpoint, shape: [Int]) throws -> StoredTensor {
      switch self {
      case .identity: return .identity(shape[0])
      case .mean(let names):
        guard names.count > 1 else { return try teacher.parameter(names[0]) }
        var sum = [Double](repeating: 0, count: shape.reduce(1, *))
        for name in names {
          for (index, value) in try teacher.parameter(name).floats().enumerated() {
            sum[index] += Double(value)
          }
        }
        return StoredTensor(shape: shape, floats: sum.map { Float($0 / Double(names.count)) })
      }
    }
  }

  init(_ tower: String, from teacher: TransformerConfiguration, to student: TransformerConfiguration) {
    let layers = (0..<student.layers).map { $0 * teacher.layers / student.layers }
    self.layers = layers
    for layer in layers.indices {
      let names = LayerNames(tower: tower, layer: layer, sharing: student.sharing)
      let own = LayerNames(tower: tower, layer: layers[layer], sharing: teacher.sharing)
      for (to, from) in [(names.firstNorm, own.firstNorm), (names.secondNorm, own.secondNorm)] {
        for part in ["weight", "bias"] { origins["\(to).\(part)"] = .mean(["\(from).\(part)"]) }
      }
      origins[names.scoreMix] = teacher.talkingHeads ? .mean([own.scoreMix]) : .identity
      origins[names.probabilityMix] = teacher.talkingHeads ? .mean([own.probabilityMix]) : .identity
      guard layer % student.sharing == 0 else { continue }
      let meant = layers[layer..<(layer + student.sharing)].map {
        LayerNames(tower: tower, layer: $0, sharing: teacher.sharing).linearLayers
      }
      for (index, name) in names.linearLayers.enumerated() {
        for part in ["weight", "bias"] {
          origins["\(name).\(part)"] = .mean(meant.map { "\($0[index]).\(part)" })
        }
      }
    }
  }
}

extension LayerNames {
  /// The linear layers that repetitions share, always in the same order.
  fileprivate var linearLayers: [String] { queryKeyValue + [output, expansion, contraction] }
}

extension Checkpoint {
  /// A parameter by its name.
  func parameter(_ name: String) throws -> StoredTensor {
    guard let tensor = tensors[name] else { throw ModelError.missingTensor(name: name) }
    return tensor
  }
}

extension StoredTensor {
  /// A square matrix of ones on the diagonal.
  static func identity(_ size: Int) -> StoredTensor {
    var floats = [Float](repeating: 0, count: size * size)
    for index in 0..<size { floats[index * size + index] = 1 }
    return StoredTensor(shape: [size, size], floats: floats)
  }
}
