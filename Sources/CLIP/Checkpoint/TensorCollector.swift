import Files

/// Finds the named tensors in what a pickle has built.
struct TensorCollector {
  let heap: PickleHeap
  let file: String

  /// Keys under which training scripts put the model's tensors.
  private static let wrappers = ["state_dict", "model_state_dict", "model"]
  /// Dictionaries in dictionaries are looked into so deep.
  private static let depthLimit = 4

  func tensors(of top: PickleValue) throws -> [String: TorchTensor] {
    var found: [String: TorchTensor] = [:]
    switch top {
    case .object:
      var visits = 0
      try collect(top, prefix: "", depth: 0, visits: &visits, into: &found)
    case .dictionary:
      found = direct(try model(in: top))
    default: break
    }
    guard !found.isEmpty else {
      throw CheckpointError.unknownFormat(file: file, found: "its pickle holds \(top.kind) without tensors")
    }
    return found
  }

  /// The tensors that a dictionary holds itself.
  private func direct(_ value: PickleValue) -> [String: TorchTensor] {
    var found: [String: TorchTensor] = [:]
    for (key, value) in heap.members(value) ?? [] {
      if case .string(let name) = key, case .tensor(let index) = value { found[name] = heap.tensors[index] }
    }
    return found
  }

  /// The dictionary that holds the model's tensors: under the keys of training scripts, else the only one with any.
  private func model(in top: PickleValue) throws -> PickleValue {
    var value = top
    for _ in 0..<Self.depthLimit {
      let named = Self.wrappers.lazy.compactMap { heap.member($0, of: value) }.first {
        heap.members($0) != nil
      }
      if let named {
        value = named
        continue
      }
      guard direct(value).isEmpty else { break }
      let others = (heap.members(value) ?? []).filter { !direct($0.value).isEmpty }
      guard let first = others.first else { break }
      guard others.count == 1 else {
        let keys = others.compactMap { if case .string(let key) = $0.key { key } else { nil } }
        throw CheckpointError.severalModels(file: file, prefixes: keys.sorted())
      }
      value = first.value
    }
    return value
  }

  /// The attributes of TorchScript modules, which nest as deep as the model does.
  private func collect(
    _ value: PickleValue, prefix: String, depth: Int, visits: inout Int,
    into found: inout [String: TorchTensor]
  ) throws {
    visits += 1
    guard depth < 32, visits < 100_000 else {
      throw FileReadError.damaged(
        file: file, key: "the modules", expected: "at most 32 levels of them", found: "more")
    }
    for (key, member) in heap.members(value) ?? [] {
      guard case .string(let name) = key else { continue }
      if case .tensor(let index) = member { found["\(prefix)\(name)"] = heap.tensors[index] }
      if case .object = member {
        try collect(member, prefix: "\(prefix)\(name).", depth: depth + 1, visits: &visits, into: &found)
      }
    }
  }
}
