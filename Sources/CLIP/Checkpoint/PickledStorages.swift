import Files
import Foundation

/// A file that `torch.save` wrote before PyTorch 1.6, or with `_use_new_zipfile_serialization=False`: a magic number, a
/// version, what the machine was like, the value, the keys of its storages, a pickle each; then the storages one behind the
/// other, each after the number of its elements.
struct PickledStorages {
  /// What the value is built of.
  let heap: PickleHeap
  /// The value.
  let value: PickleValue
  /// Where the elements of each storage lie.
  let runs: [String: Range<Int>]

  /// The pickle of the magic number, 0x1950a86a20f9469cfc6c.
  private static let magic: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  /// Whether a file begins as these do.
  static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: magic) }

  /// Reads the pickles of a file, and finds its storages; throws ``CheckpointError``.
  init(_ file: MappedFile) throws {
    var position = Self.magic.count
    func pickle() throws -> (machine: PickleMachine, value: PickleValue) {
      let end = min(file.bytes.count, position + PickleMachine.sizeLimit)
      var machine = try PickleMachine(
        UnsafeRawBufferPointer(rebasing: file.bytes[position..<end]), file: file)
      let value = try machine.run()
      position += machine.position
      return (machine, value)
    }
    func damaged(_ key: String, _ expected: String, _ found: String) -> FileReadError {
      .damaged(file: file.url.path, key: key, expected: expected, found: found)
    }
    guard case .integer(1_001) = try pickle().value else {
      throw damaged("the version of the format", "1001", "another")
    }
    // Byte order and sizes of a C compiler's types; every machine that wrote such files was little-endian.
    _ = try pickle()
    let whole = try pickle()
    let list = try pickle()
    guard let keys = list.machine.heap.elements(list.value) else {
      throw damaged("the keys of the storages", "a list", list.value.kind)
    }
    var elements: [String: TorchElement] = [:]
    for storage in whole.machine.heap.storages { elements[storage.key] = storage.element }
    var reader = ByteReader(bytes: file.bytes, file: file, position: position, end: file.bytes.count)
    var runs: [String: Range<Int>] = [:]
    for key in keys {
      guard case .string(let name) = key, let element = elements[name] else {
        throw damaged("the keys of the storages", "a storage of the value", key.kind)
      }
      let stored = try reader.integer(Int64.self)
      let size = Int(truncatingIfNeeded: stored).multipliedReportingOverflow(by: element.byteCount)
      guard stored >= 0, !size.overflow else {
        throw damaged("the storage \(name.prefix(100))", "a number of elements", "\(stored)")
      }
      let start = reader.position
      try reader.skip(size.partialValue)
      runs[name] = start..<(start + size.partialValue)
    }
    heap = whole.machine.heap
    value = whole.value
    self.runs = runs
  }
}
