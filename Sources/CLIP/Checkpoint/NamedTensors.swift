/// Tensors under their Hugging Face names, with what it takes to speak about them in the file's own names.
struct NamedTensors {
  /// The tensors that can be computed with.
  var tensors: [String: StoredTensor] = [:]
  /// Why the others cannot.
  var unsupported: [String: CheckpointError] = [:]
  /// The name that the file uses, where it is another.
  var origin: [String: String] = [:]
  /// Whether this is a Long-CLIP, whose second position table has been joined to the first.
  var hasLaterPositions = false

  init(tensors: [String: StoredTensor] = [:]) { self.tensors = tensors }

  /// Takes the names as they are.
  init(huggingFace weights: WeightSet) throws {
    for name in weights.names where !HarmlessTensors.contains(name) {
      try add(name, as: name, from: weights)
    }
  }

  /// Adds one tensor; what cannot be computed with is kept as the error that it would be.
  mutating func add(_ name: String, as canonical: String, from weights: WeightSet) throws {
    do {
      guard let tensor = try weights.tensor(name) else { return }
      tensors[canonical] = tensor
    } catch let error as CheckpointError {
      guard case .unsupportedType = error else { throw error }
      unsupported[canonical] = error
    }
    if name != canonical { origin[canonical] = name }
  }
}
