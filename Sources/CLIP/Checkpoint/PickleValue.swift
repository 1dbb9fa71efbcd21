/// A value that a pickle of tensors may build.
///
/// Containers are numbers into the tables of ``PickleHeap``: a hostile pickle can nest and tie them at will, and
/// neither freeing nor copying them may recurse.
enum PickleValue: Equatable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case bytes
  case list(Int)
  case tuple(Int)
  case dictionary(Int)
  case object(Int)
  case global(PickleGlobal)
  case storage(Int)
  case tensor(Int)

  /// A word for messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a truth value"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .bytes: "bytes"
    case .list: "a list"
    case .tuple: "a tuple"
    case .dictionary: "a dictionary"
    case .object: "an object"
    case .global(let global): "the name \(global)"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}

/// A name that a pickle may ask for. There are no others: nothing else is looked up, and nothing is ever called.
enum PickleGlobal: Equatable, CustomStringConvertible {
  /// `collections.OrderedDict`.
  case orderedDictionary
  /// `torch._utils._rebuild_tensor_v2` and its older form without hooks.
  case rebuildTensor
  /// `torch._utils._rebuild_parameter`.
  case rebuildParameter
  /// `torch.FloatStorage` and its kin, by the name of the element type.
  case storage(TorchElement)
  /// `torch.Size` or `torch.jit._pickle.build_…list`: a sequence that stays one.
  case sequence
  /// `torch.jit._pickle.restore_type_tag`: its first argument.
  case typeTag
  /// A constant without meaning for us: `torch.float32`, `torch.device`.
  case inert
  /// A class of a TorchScript archive, or one in which training scripts keep their options: it becomes a bag of
  /// attributes.
  case scriptClass

  var description: String { "in the allow-list" }

  /// The global of a module and a name, or nil if it is not allowed.
  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "Size"): self = .sequence
    case ("torch", "device"): self = .inert
    case ("torch.jit._pickle", "build_intlist"), ("torch.jit._pickle", "build_doublelist"),
      ("torch.jit._pickle", "build_boollist"), ("torch.jit._pickle", "build_tensorlist"):
      self = .sequence
    case ("torch.jit._pickle", "restore_type_tag"): self = .typeTag
    case ("argparse", "Namespace"), ("pytorch_lightning.utilities.parsing", "AttributeDict"),
      ("lightning.pytorch.utilities.parsing", "AttributeDict"),
      ("lightning_fabric.utilities.data", "AttributeDict"),
      ("lightning.fabric.utilities.data", "AttributeDict"):
      self = .scriptClass
    case ("torch", _):
      if let element = TorchElement(storage: name) {
        self = .storage(element)
      } else if Self.types.contains(name) {
        self = .inert
      } else {
        return nil
      }
    default:
      guard module == "__torch__" || module.hasPrefix("__torch__.") else { return nil }
      self = .scriptClass
    }
  }

  private static let types: Set<String> = [
    "float32", "float", "float16", "half", "bfloat16", "float64", "double", "int64", "long", "int32", "int",
    "int16", "short", "int8", "uint8", "bool",
  ]
}

/// The type of the elements of a PyTorch storage.
enum TorchElement: String, Equatable {
  case float32 = "FloatStorage"
  case float16 = "HalfStorage"
  case bfloat16 = "BFloat16Storage"
  case float64 = "DoubleStorage"
  case int64 = "LongStorage"
  case int32 = "IntStorage"
  case int16 = "ShortStorage"
  case int8 = "CharStorage"
  case uint8 = "ByteStorage"
  case bool = "BoolStorage"

  init?(storage name: String) { self.init(rawValue: name) }

  /// Bytes an element.
  var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// The type that is computed with, if it is one.
  var storageType: StorageType? {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }
}

/// A storage that a pickle names: a run of elements in a file of the archive.
struct TorchStorage: Equatable {
  let element: TorchElement
  let key: String
  let count: Int
}

/// A tensor that a pickle describes.
struct TorchTensor: Equatable {
  let storage: Int
  let offset: Int
  let shape: [Int]
  let strides: [Int]
}

/// Everything that a pickle has built.
struct PickleHeap {
  var lists: [[PickleValue]] = []
  var tuples: [[PickleValue]] = []
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  /// The attributes of each object.
  var objects: [[(key: PickleValue, value: PickleValue)]] = []
  var storages: [TorchStorage] = []
  var tensors: [TorchTensor] = []

  mutating func list(_ elements: [PickleValue]) -> PickleValue {
    lists.append(elements)
    return .list(lists.count - 1)
  }

  mutating func tuple(_ elements: [PickleValue]) -> PickleValue {
    tuples.append(elements)
    return .tuple(tuples.count - 1)
  }

  mutating func dictionary() -> PickleValue {
    dictionaries.append([])
    return .dictionary(dictionaries.count - 1)
  }

  mutating func object() -> PickleValue {
    objects.append([])
    return .object(objects.count - 1)
  }

  /// The elements of a list or a tuple.
  func elements(_ value: PickleValue) -> [PickleValue]? {
    switch value {
    case .list(let index): lists[index]
    case .tuple(let index): tuples[index]
    default: nil
    }
  }

  /// The elements of a sequence of integers; nil where there are more than `limit`.
  func integers(_ value: PickleValue, atMost limit: Int) -> [Int]? {
    guard let elements = elements(value), elements.count <= limit else { return nil }
    var integers: [Int] = []
    for element in elements {
      guard case .integer(let whole) = element else { return nil }
      integers.append(whole)
    }
    return integers
  }

  /// The value of a string key in a dictionary or of an attribute; the last one counts.
  func member(_ key: String, of value: PickleValue) -> PickleValue? {
    members(value)?.last { $0.key == .string(key) }?.value
  }

  /// The pairs of a dictionary or the attributes of an object.
  func members(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    switch value {
    case .dictionary(let index): dictionaries[index]
    case .object(let index): objects[index]
    default: nil
    }
  }
}
