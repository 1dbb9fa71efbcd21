import Foundation
import TestSupport

/// Makes pickles of protocol 2 by hand.
struct PickleBytes {
  private(set) var data = Data([0x80, 2])

  /// `{name: tensor}` with one float32 tensor in the storage `0`.
  static func tensor(
    _ name: String = "weight", storageCount: Int = 6, offset: Int = 0, shape: [Int], strides: [Int],
    storage: String = "FloatStorage"
  ) -> Data {
    var pickle = PickleBytes()
    pickle.raw("}")
    pickle.string(name)
    pickle.global("torch._utils", "_rebuild_tensor_v2")
    pickle.raw("((")
    pickle.string("storage")
    pickle.global("torch", storage)
    pickle.string("0")
    pickle.string("cpu")
    pickle.integer(storageCount)
    pickle.raw("tQ")
    pickle.integer(offset)
    for sequence in [shape, strides] {
      pickle.raw("(")
      for value in sequence { pickle.integer(value) }
      pickle.raw("t")
    }
    pickle.data.append(0x89)
    pickle.global("collections", "OrderedDict")
    pickle.raw(")RtRs.")
    return pickle.data
  }

  /// A pickle that would call a function with one string.
  static func call(_ module: String, _ name: String) -> Data {
    var pickle = PickleBytes()
    pickle.global(module, name)
    pickle.raw("(")
    pickle.string("echo hello")
    pickle.raw("tR.")
    return pickle.data
  }

  mutating func raw(_ text: String) { data.append(contentsOf: text.utf8) }

  mutating func string(_ text: String) {
    raw("X")
    data.append(integers: [UInt32(text.utf8.count)])
    raw(text)
  }

  mutating func integer(_ value: Int) {
    data.append(contentsOf: [0x8A, 8])
    data.append(integers: [Int64(value)])
  }

  mutating func global(_ module: String, _ name: String) { raw("c\(module)\n\(name)\n") }

  /// A file as `torch.save` writes it, with the floats 0, 1, 2 … as its one storage.
  static func archive(_ pickle: Data, floats: Int = 6, byteOrder: String = "little") -> Data {
    var storage = Data()
    storage.append(integers: (0..<floats).map { Float($0).bitPattern })
    return ZipBytes.file([
      ("a/data.pkl", pickle), ("a/byteorder", Data(byteOrder.utf8)), ("a/data/0", storage),
      ("a/version", Data("3\n".utf8)),
    ])
  }
}
