import Foundation

/// The tensors of a zip file that `torch.save` or `torch.jit.save` wrote. No code in it is ever run.
public struct TorchArchive: Sendable {
  /// Where the file is.
  public var url: URL { archive.file.url }
  /// Whether `torch.jit.save` wrote it.
  public let isTorchScript: Bool
  private let archive: ZipArchive
  private let root: String
  private let tensors: [String: Place]

  /// Where a tensor lies.
  private struct Place: Sendable {
    let element: TorchElement
    let key: String
    let storageCount: Int
    let offset: Int
    let shape: [Int]
    let strides: [Int]
  }

  /// Opens a file; throws ``CheckpointError``.
  public init(_ url: URL) throws { try self.init(file: try MappedFile(url)) }

  init(file: MappedFile) throws {
    archive = try ZipArchive(file: file)
    let pickles = archive.entries.keys.filter {
      $0.hasSuffix("/data.pkl") && $0.split(separator: "/").count == 2
    }
    guard let pickle = pickles.first, pickles.count == 1,
      let content = try archive.content(pickle, checked: true)
    else {
      throw CheckpointError.unknownFormat(file: file.url.path, found: "a zip file without one data.pkl")
    }
    let root = String(pickle.dropLast("data.pkl".count))
    self.root = root
    isTorchScript = archive.entries.keys.contains { $0.hasPrefix("\(root)code/") }
    if let order = try archive.content("\(root)byteorder"),
      String(decoding: order.bytes, as: UTF8.self) == "big"
    {
      throw CheckpointError.unsupportedModel(file: file.url.path, what: "a file of a big-endian machine")
    }
    var machine = try PickleMachine(content.bytes, file: file)
    let top = try machine.run()
    let places = TensorCollector(heap: machine.heap, file: file.url.path)
    tensors = try places.tensors(of: top).mapValues { tensor in
      let storage = machine.heap.storages[tensor.storage]
      return Place(
        element: storage.element, key: storage.key, storageCount: storage.count, offset: tensor.offset,
        shape: tensor.shape, strides: tensor.strides)
    }
  }

  /// The names of all tensors.
  public var names: [String] { Array(tensors.keys) }

  /// The tensor of a name, or nil if there is none: a window where its elements lie in order, else a copy.
  public func tensor(_ name: String) throws -> StoredTensor? {
    guard let place = tensors[name] else { return nil }
    guard let type = place.element.storageType else {
      throw CheckpointError.unsupportedType(file: url.path, tensor: name, found: place.element.rawValue)
    }
    func damaged(_ expected: String, _ found: String) -> CheckpointError {
      .damaged(file: url.path, key: name, expected: expected, found: found)
    }
    let size = place.storageCount.multipliedReportingOverflow(by: type.byteCount)
    guard let content = try archive.content("\(root)data/\(place.key)") else {
      throw damaged("its storage data/\(place.key.prefix(100))", "none")
    }
    guard !size.overflow, content.bytes.count >= size.partialValue else {
      throw damaged("\(place.storageCount) elements in its storage", "\(content.bytes.count) bytes")
    }
    guard let (count, last) = Self.extent(place.shape, place.strides),
      count == 0 || (place.offset < place.storageCount && last < place.storageCount - place.offset)
    else { throw damaged("a shape and strides inside its storage", "\(place.shape), \(place.strides)") }
    let start = count == 0 ? 0 : place.offset * type.byteCount
    if Self.isContiguous(place.shape, place.strides) || count == 0 {
      let window = content.bytes[start..<(start + count * type.byteCount)]
      return StoredTensor(
        shape: place.shape, type: type, bytes: UnsafeRawBufferPointer(rebasing: window), owner: content.owner)
    }
    guard count <= place.storageCount else {
      throw damaged("strides that use each element once", "\(place.shape), \(place.strides)")
    }
    let source = UnsafeRawBufferPointer(rebasing: content.bytes[start...])
    let owned = Self.gather(source, place.shape, place.strides, count: count, width: type.byteCount)
    return StoredTensor(shape: place.shape, type: type, bytes: owned.bytes, owner: owned)
  }

  /// The code of a TorchScript archive as text, for reading only; one megabyte of it at most.
  var code: String {
    var text = ""
    for (name, entry) in archive.entries.sorted(by: { $0.key < $1.key })
    where name.hasPrefix("\(root)code/") && name.hasSuffix(".py") && entry.size < 1 << 20 {
      guard text.utf8.count < 1 << 20, let content = try? archive.content(name) else { continue }
      text += String(decoding: content.bytes, as: UTF8.self)
    }
    return text
  }
}

extension TorchArchive {
  /// The number of elements, and the place of the last one; nil if they overflow.
  private static func extent(_ shape: [Int], _ strides: [Int]) -> (count: Int, last: Int)? {
    var (count, last) = (1, 0)
    for (extent, stride) in zip(shape, strides) {
      let product = count.multipliedReportingOverflow(by: extent)
      let reach = max(extent - 1, 0).multipliedReportingOverflow(by: stride)
      let sum = last.addingReportingOverflow(reach.partialValue)
      if product.overflow || reach.overflow || sum.overflow { return nil }
      (count, last) = (product.partialValue, sum.partialValue)
    }
    return (count, last)
  }

  private static func isContiguous(_ shape: [Int], _ strides: [Int]) -> Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      if stride != expected { return false }
      expected *= extent
    }
    return true
  }

  private static func gather(
    _ source: UnsafeRawBufferPointer, _ shape: [Int], _ strides: [Int], count: Int, width: Int
  ) -> OwnedBytes {
    OwnedBytes(count: count * width) { output in
      guard let from = source.baseAddress, let to = output.baseAddress else { return }
      var index = [Int](repeating: 0, count: shape.count)
      var place = 0
      for element in 0..<count {
        (to + element * width).copyMemory(from: from + place * width, byteCount: width)
        for axis in shape.indices.reversed() {
          index[axis] += 1
          place += strides[axis]
          if index[axis] < shape[axis] { break }
          place -= strides[axis] * shape[axis]
          index[axis] = 0
        }
      }
    }
  }
}

/// Finds the named tensors in what a pickle has built.
private struct TensorCollector {
  let heap: PickleHeap
  let file: String

  /// Keys under which training scripts put the model's tensors.
  private static let wrappers = ["state_dict", "model_state_dict", "model"]

  func tensors(of top: PickleValue) throws -> [String: TorchTensor] {
    var found: [String: TorchTensor] = [:]
    switch top {
    case .object:
      var visits = 0
      try collect(top, prefix: "", depth: 0, visits: &visits, into: &found)
    case .dictionary:
      let inner = Self.wrappers.lazy.compactMap { heap.member($0, of: top) }.first { heap.members($0) != nil }
      for (key, value) in heap.members(inner ?? top) ?? [] {
        if case .string(let name) = key, case .tensor(let index) = value { found[name] = heap.tensors[index] }
      }
    default: break
    }
    guard !found.isEmpty else {
      throw CheckpointError.unknownFormat(file: file, found: "its pickle holds \(top.kind) without tensors")
    }
    return found
  }

  /// The attributes of TorchScript modules, which nest as deep as the model does.
  private func collect(
    _ value: PickleValue, prefix: String, depth: Int, visits: inout Int,
    into found: inout [String: TorchTensor]
  ) throws {
    visits += 1
    guard depth < 32, visits < 100_000 else {
      throw CheckpointError.damaged(
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
