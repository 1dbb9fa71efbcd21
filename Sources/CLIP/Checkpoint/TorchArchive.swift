import Files
public import Foundation

/// The tensors of a file that `torch.save` or `torch.jit.save` wrote: a zip archive, or a run of pickles as before PyTorch
/// 1.6. No code in it is ever run.
public struct TorchArchive: Sendable {
  /// Where the file is.
  public var url: URL { source.url }
  /// Whether `torch.jit.save` wrote it.
  public let isTorchScript: Bool
  private let source: Source
  private let tensors: [String: Place]

  /// Where storages lie.
  private enum Source: Sendable {
    /// Files of an archive, below its one folder.
    case archive(ZipArchive, root: String, InflatedStorages)
    /// Runs of bytes in the file, by their key.
    case runs(MappedFile, [String: Range<Int>])

    var url: URL {
      switch self {
      case .archive(let archive, _, _): archive.file.url
      case .runs(let file, _): file.url
      }
    }

    /// The bytes of a storage, or nil if there is none of that key.
    func content(_ key: String) throws -> (bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable)? {
      switch self {
      case .archive(let archive, let root, let inflated):
        return try inflated.content("\(root)data/\(key)", of: archive)
      case .runs(let file, let runs):
        return runs[key].map { (UnsafeRawBufferPointer(rebasing: file.bytes[$0]), file) }
      }
    }
  }

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
    if PickledStorages.begins(file.bytes) {
      let pickled = try PickledStorages(file)
      source = .runs(file, pickled.runs)
      isTorchScript = false
      tensors = try Self.places(of: pickled.value, in: pickled.heap, file: file)
      return
    }
    let archive = try ZipArchive(file: file)
    let pickles = archive.entries.keys.filter {
      $0.hasSuffix("/data.pkl") && $0.split(separator: "/").count == 2
    }
    guard let pickle = pickles.first, pickles.count == 1 else {
      throw CheckpointError.unknownFormat(file: file.url.path, found: "a zip file without one data.pkl")
    }
    let root = String(pickle.dropLast("data.pkl".count))
    source = .archive(archive, root: root, try InflatedStorages(of: archive, below: "\(root)data/"))
    isTorchScript = archive.entries.keys.contains { $0.hasPrefix("\(root)code/") }
    if archive.entries["\(root)byteorder"]?.size == 3, let order = try archive.content("\(root)byteorder"),
      String(decoding: order.bytes, as: UTF8.self) == "big"
    {
      throw CheckpointError.unsupportedModel(file: file.url.path, what: "a file of a big-endian machine")
    }
    let pickled = try Self.value(of: pickle, in: archive)
    tensors = try Self.places(of: pickled.value, in: pickled.heap, file: file)
  }

  /// What the pickle of an archive builds; it comes into memory only where its size is one of a pickle.
  private static func value(
    of pickle: String, in archive: ZipArchive
  ) throws -> (value: PickleValue, heap: PickleHeap) {
    let size = archive.entries[pickle]?.size ?? 0
    guard size <= PickleMachine.sizeLimit, let content = try archive.content(pickle, checked: true) else {
      throw PickleMachine.tooLong(size, file: archive.file)
    }
    var machine = try PickleMachine(content.bytes, file: archive.file)
    let value = try withExtendedLifetime(content.owner) { try machine.run() }
    return (value, machine.heap)
  }

  private static func places(
    of value: PickleValue, in heap: PickleHeap, file: MappedFile
  ) throws -> [String: Place] {
    try TensorCollector(heap: heap, file: file.url.path).tensors(of: value).mapValues { tensor in
      let storage = heap.storages[tensor.storage]
      return Place(
        element: storage.element, key: storage.key, storageCount: storage.count, offset: tensor.offset,
        shape: tensor.shape, strides: tensor.strides)
    }
  }

  /// The names of all tensors.
  public var names: [String] { Array(tensors.keys) }

  /// The names of the tensors that are stored as float64.
  var doubles: [String] { tensors.filter { $0.value.element == .float64 }.map(\.key) }

  /// The tensor of a name, or nil if there is none: a window where its elements lie in order, else a copy; float64 as
  /// float32.
  public func tensor(_ name: String) throws -> StoredTensor? {
    guard let place = tensors[name] else { return nil }
    let isDouble = place.element == .float64
    guard let type = isDouble ? .float32 : place.element.storageType else {
      throw CheckpointError.unsupportedType(file: url.path, tensor: name, found: place.element.rawValue)
    }
    let width = place.element.byteCount
    func tensor(_ bytes: UnsafeRawBufferPointer, _ owner: any AnyObject & Sendable) throws -> StoredTensor {
      guard isDouble else { return StoredTensor(shape: place.shape, type: type, bytes: bytes, owner: owner) }
      return try StoredTensor(shape: place.shape, doubles: bytes, file: url.path, name: name)
    }
    func damaged(_ expected: String, _ found: String) -> FileReadError {
      .damaged(file: url.path, key: name, expected: expected, found: found)
    }
    let size = place.storageCount.multipliedReportingOverflow(by: width)
    guard let content = try source.content(place.key) else {
      throw damaged("its storage \(place.key.prefix(100))", "none")
    }
    guard !size.overflow, content.bytes.count >= size.partialValue else {
      throw damaged("\(place.storageCount) elements in its storage", "\(content.bytes.count) bytes")
    }
    guard let (count, last) = Self.extent(place.shape, place.strides),
      count == 0 || (place.offset < place.storageCount && last < place.storageCount - place.offset)
    else { throw damaged("a shape and strides inside its storage", "\(place.shape), \(place.strides)") }
    let start = count == 0 ? 0 : place.offset * width
    // Where there is no element, nothing has bounded the other extents.
    if count == 0 || Self.isContiguous(place.shape, place.strides) {
      let window = content.bytes[start..<(start + count * width)]
      return try tensor(UnsafeRawBufferPointer(rebasing: window), content.owner)
    }
    guard count <= place.storageCount else {
      throw damaged("strides that use each element once", "\(place.shape), \(place.strides)")
    }
    let source = UnsafeRawBufferPointer(rebasing: content.bytes[start...])
    let owned = Self.gather(source, place.shape, place.strides, count: count, width: width)
    return try tensor(owned.bytes, owned)
  }

  /// The code of a TorchScript archive as text, for reading only; one megabyte of it at most.
  var code: String {
    guard case .archive(let archive, let root, _) = source else { return "" }
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
