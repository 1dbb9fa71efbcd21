import Files

/// Finds the named tensors in what a pickle has built.
struct TensorCollector {
  let heap: PickleHeap
  let file: String

  /// Keys under which training scripts put the model's tensors.
  private static let wrappers = ["state_dict", "model_state_dict", "model"]
  /// Dictionaries in dictionaries are looked into so deep.
  private static let depthLimit = 4
  /// The attributes of modules are gone through until their names make up so many bytes; CLIP's make up 100 kB.
  private static let nameLimit = 1 << 24

  func tensors(of top: PickleValue) throws -> [String: TorchTensor] {
    var found: [String: TorchTensor] = [:]
    switch top {
    case .object:
      var work = 0
      try collect(top, prefix: "", depth: 0, work: &work, into: &found)
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

  /// Whether each dictionary, and each object, holds a tensor itself. A pickle may name one dictionary any number of times,
  /// so all are looked through once.
  private func holders() -> (dictionaries: [Bool], objects: [Bool]) {
    func holdsTensor(_ members: [(key: PickleValue, value: PickleValue)]) -> Bool {
      members.contains { key, value in
        if case .string = key, case .tensor = value { true } else { false }
      }
    }
    return (heap.dictionaries.map(holdsTensor), heap.objects.map(holdsTensor))
  }

  /// The dictionary that holds the model's tensors: under the keys of training scripts, else the only one with any.
  private func model(in top: PickleValue) throws -> PickleValue {
    var value = top
    let holders = holders()
    func holdsTensor(_ value: PickleValue) -> Bool {
      switch value {
      case .dictionary(let index): holders.dictionaries[index]
      case .object(let index): holders.objects[index]
      default: false
      }
    }
    for _ in 0..<Self.depthLimit {
      let named = Self.wrappers.lazy.compactMap { heap.member($0, of: value) }.first {
        heap.members($0) != nil
      }
      if let named {
        value = named
        continue
      }
      guard !holdsTensor(value) else { break }
      let others = (heap.members(value) ?? []).filter { holdsTensor($0.value) }
      guard let first = others.first else { break }
      guard others.count == 1 else {
        let keys = others.compactMap { if case .string(let key) = $0.key { key } else { nil } }
        throw CheckpointError.severalModels(file: file, prefixes: keys.sorted())
      }
      value = first.value
    }
    return value
  }

  /// The attributes of TorchScript modules, which nest as deep as the model does. `work` is the bytes of the names so far:
  /// a pickle may name one module any number of times, and all of its attributes count each time.
  private func collect(
    _ value: PickleValue, prefix: String, depth: Int, work: inout Int,
    into found: inout [String: TorchTensor]
  ) throws {
    guard depth < 32 else { throw tooMany("at most 32 levels of them") }
    for (key, member) in heap.members(value) ?? [] {
      work += 1
      guard work <= Self.nameLimit else { throw tooMany("fewer attributes in all") }
      guard case .string(let name) = key else { continue }
      if case .tensor(let index) = member {
        let whole = "\(prefix)\(name)"
        work += whole.utf8.count
        found[whole] = heap.tensors[index]
      }
      if case .object = member {
        let inner = "\(prefix)\(name)."
        work += inner.utf8.count
        try collect(member, prefix: inner, depth: depth + 1, work: &work, into: &found)
      }
    }
  }

  private func tooMany(_ expected: String) -> FileReadError {
    .damaged(file: file, key: "the modules", expected: expected, found: "more")
  }
}
