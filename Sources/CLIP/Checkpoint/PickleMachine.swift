import Files
import Foundation

/// The stack machine of a pickle, without the one thing that makes pickles dangerous: it calls nothing.
///
/// Protocols 0 to 5 as far as lists of tensors need them. A name outside ``PickleGlobal`` ends the reading.
struct PickleMachine {
  /// What has been built.
  private(set) var heap = PickleHeap()
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var reader: ByteReader
  private let file: String
  private var work = 0

  /// A pickle of a list of tensors is small: 100 kB for CLIP, a few MB with an optimizer's state.
  static let sizeLimit = 64 << 20
  /// The most operations, and elements that they copy: CLIP's pickle needs about 30,000. Without an end to them a few bytes
  /// that copy a dictionary into itself again and again would take all memory.
  static let workLimit = 1 << 22
  /// No name in a list of tensors is longer; of a longer text only is kept that there is one.
  private static let textLimit = 1_024

  init(_ bytes: UnsafeRawBufferPointer, file: MappedFile) throws {
    self.file = file.url.path
    guard bytes.count <= Self.sizeLimit else { throw Self.tooLong(bytes.count, file: file) }
    reader = ByteReader(bytes: bytes, file: file, position: 0, end: bytes.count)
  }

  /// The error of a pickle of `count` bytes, which are more than ``sizeLimit``.
  static func tooLong(_ count: Int, file: MappedFile) -> FileReadError {
    .damaged(
      file: file.url.path, key: "data.pkl", expected: "at most \(sizeLimit) bytes", found: "\(count)")
  }

  /// Where the bytes that are not read yet begin.
  var position: Int { reader.position }

  /// Runs to the end and returns the one value that is left.
  mutating func run() throws -> PickleValue {
    while true {
      let code = try reader.byte()
      if code == UInt8(ascii: ".") { return try pop() }
      try spend(1)
      try step(code)
    }
  }

  private mutating func spend(_ count: Int) throws {
    work += count
    guard work <= Self.workLimit else {
      throw damaged("at most \(Self.workLimit) operations, more than a list of tensors needs", "more")
    }
  }

  private func damaged(_ expected: String, _ found: String) -> FileReadError {
    reader.damaged("byte \(reader.position) of data.pkl", expected: expected, found: found)
  }

  private mutating func pop() throws -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
      throw damaged("a value on the stack", "none")
    }
    return value
  }

  /// The values above the last mark.
  private mutating func popMark() throws -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else {
      throw damaged("a mark on the stack", "none")
    }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func step(_ code: UInt8) throws {
    switch code {
    case 0x80: try reader.skip(1)  // PROTO
    case 0x95: try reader.skip(8)  // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"):
      if stack.count > (marks.last ?? 0) { stack.removeLast() } else { _ = try popMark() }
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"):
      let value = try pop()
      stack += [value, value]
    case UInt8(ascii: "}"): stack.append(heap.dictionary())
    case UInt8(ascii: "]"), 0x8F: stack.append(heap.list([]))  // EMPTY_LIST, EMPTY_SET
    case UInt8(ascii: ")"): stack.append(heap.tuple([]))
    case UInt8(ascii: "t"): stack.append(heap.tuple(try popMark()))
    case 0x85...0x87:  // TUPLE1 … TUPLE3
      var values: [PickleValue] = []
      for _ in 0...(code - 0x85) { values.append(try pop()) }
      stack.append(heap.tuple(values.reversed()))
    case UInt8(ascii: "l"), 0x91: stack.append(heap.list(try popMark()))  // LIST, FROZENSET
    case UInt8(ascii: "d"):
      let pairs = try popMark()
      let dictionary = heap.dictionary()
      try set(pairs, in: dictionary)
      stack.append(dictionary)
    case UInt8(ascii: "a"):
      let value = try pop()
      try append([value])
    case UInt8(ascii: "e"), 0x90: try append(try popMark())  // APPENDS, ADDITEMS
    case UInt8(ascii: "s"):
      let value = try pop()
      let key = try pop()
      try set([key, value], in: try top())
    case UInt8(ascii: "u"):
      let pairs = try popMark()
      try set(pairs, in: try top())
    case UInt8(ascii: "c"):
      let module = try reader.line()
      try pushGlobal(module, try reader.line())
    case 0x93:  // STACK_GLOBAL
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
        throw damaged("a module and a name", "other values")
      }
      try pushGlobal(module, name)
    case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
      let arguments = try pop()
      stack.append(try apply(try pop(), to: arguments))
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "Q"): stack.append(try persistent(try pop()))
    default: try stepMemo(code)
    }
  }

  private mutating func stepMemo(_ code: UInt8) throws {
    switch code {
    case UInt8(ascii: "q"): memo[Int(try reader.byte())] = try top()
    case UInt8(ascii: "r"): memo[Int(try reader.integer(UInt32.self))] = try top()
    case UInt8(ascii: "p"): memo[try decimal()] = try top()
    case 0x94: memo[memo.count] = try top()  // MEMOIZE
    case UInt8(ascii: "h"): try recall(Int(try reader.byte()))
    case UInt8(ascii: "j"): try recall(Int(try reader.integer(UInt32.self)))
    case UInt8(ascii: "g"): try recall(try decimal())
    default: stack.append(try scalar(code))
    }
  }

  private mutating func scalar(_ code: UInt8) throws -> PickleValue {
    switch code {
    case UInt8(ascii: "N"): return .none
    case 0x88: return .bool(true)
    case 0x89: return .bool(false)
    case UInt8(ascii: "J"): return .integer(Int(try reader.integer(Int32.self)))
    case UInt8(ascii: "K"): return .integer(Int(try reader.byte()))
    case UInt8(ascii: "M"): return .integer(Int(try reader.integer(UInt16.self)))
    case UInt8(ascii: "I"):
      let text = try reader.line()
      if text == "00" || text == "01" { return .bool(text == "01") }
      guard let whole = Int(text) else { throw damaged("an integer", "\"\(text.prefix(40))\"") }
      return .integer(whole)
    case UInt8(ascii: "L"):
      var text = try reader.line()
      if text.hasSuffix("L") { text.removeLast() }
      guard let whole = Int(text) else { throw damaged("an integer", "\"\(text.prefix(40))\"") }
      return .integer(whole)
    case 0x8A: return try long(Int(try reader.byte()))
    case 0x8B: return try long(Int(try reader.integer(Int32.self)))
    case UInt8(ascii: "G"):
      return .number(Double(bitPattern: try reader.integer(UInt64.self).byteSwapped))
    case UInt8(ascii: "F"):
      let text = try reader.line()
      guard let number = Double(text) else { throw damaged("a number", "\"\(text.prefix(40))\"") }
      return .number(number)
    case UInt8(ascii: "X"): return try text(Int(try reader.integer(UInt32.self)))
    case 0x8C, UInt8(ascii: "U"): return try text(Int(try reader.byte()))
    case 0x8D: return try text(try length(reader.integer(UInt64.self)))
    case UInt8(ascii: "T"): return try text(Int(try reader.integer(Int32.self)))
    case UInt8(ascii: "B"): return try bytes(Int(try reader.integer(UInt32.self)))
    case UInt8(ascii: "C"): return try bytes(Int(try reader.byte()))
    case 0x8E: return try bytes(try length(reader.integer(UInt64.self)))
    default:
      throw CheckpointError.unsafePickle(file: file, found: "the operation 0x\(String(code, radix: 16))")
    }
  }

  private func length(_ value: UInt64) throws -> Int {
    guard let length = Int(exactly: value) else { throw damaged("a length", "\(value)") }
    return length
  }

  private mutating func text(_ count: Int) throws -> PickleValue {
    guard count <= Self.textLimit else { return try bytes(count) }
    return .string(String(decoding: try reader.bytes(count), as: UTF8.self))
  }

  private mutating func bytes(_ count: Int) throws -> PickleValue {
    try reader.skip(count)
    return .bytes
  }

  /// A two's complement integer; one that no tensor needs, wider than 64 bits, stands as 0.
  private mutating func long(_ count: Int) throws -> PickleValue {
    let run = try reader.bytes(count)
    guard count <= 8 else { return .integer(0) }
    var bits: UInt64 = run.last.map { $0 & 0x80 != 0 } == true ? .max : 0
    for byte in run.reversed() { bits = bits << 8 | UInt64(byte) }
    return .integer(Int(truncatingIfNeeded: bits))
  }

  private mutating func decimal() throws -> Int {
    let text = try reader.line()
    guard let whole = Int(text), whole >= 0 else {
      throw damaged("a place in the memo", "\"\(text.prefix(40))\"")
    }
    return whole
  }

  private func top() throws -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.last else {
      throw damaged("a value on the stack", "none")
    }
    return value
  }

  private mutating func recall(_ place: Int) throws {
    guard let value = memo[place] else { throw damaged("a value in the memo", "none at \(place)") }
    stack.append(value)
  }

  private mutating func append(_ values: [PickleValue]) throws {
    guard case .list(let index) = try top() else { throw damaged("a list", try top().kind) }
    heap.lists[index] += values
  }

  private mutating func set(_ pairs: [PickleValue], in value: PickleValue) throws {
    guard pairs.count % 2 == 0 else { throw damaged("keys with values", "\(pairs.count) values") }
    for i in stride(from: 0, to: pairs.count, by: 2) {
      switch value {
      case .dictionary(let index): heap.dictionaries[index].append((pairs[i], pairs[i + 1]))
      // A dictionary's subclass.
      case .object(let index): heap.objects[index].append((pairs[i], pairs[i + 1]))
      default: throw damaged("a dictionary", value.kind)
      }
    }
  }

  private mutating func pushGlobal(_ module: String, _ name: String) throws {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw CheckpointError.unsafePickle(file: file, found: "\(module.prefix(100)).\(name.prefix(100))")
    }
    stack.append(.global(global))
  }
}

// MARK: Objects

extension PickleMachine {
  /// What calling an allowed name would give.
  private mutating func apply(_ function: PickleValue, to arguments: PickleValue) throws -> PickleValue {
    guard case .global(let global) = function, let given = heap.elements(arguments) else {
      throw damaged("a name and its arguments", "\(function.kind) and \(arguments.kind)")
    }
    switch global {
    case .orderedDictionary: return try orderedDictionary(given)
    case .rebuildTensor: return try tensor(given)
    case .rebuildParameter, .typeTag, .sequence:
      guard let first = given.first else { throw damaged("an argument", "none") }
      return first
    case .scriptClass: return heap.object()
    case .inert: return .none
    case .storage: throw damaged("the arguments of a function", "those of a storage")
    }
  }

  private mutating func orderedDictionary(_ given: [PickleValue]) throws -> PickleValue {
    let dictionary = heap.dictionary()
    guard let pairs = given.first else { return dictionary }
    guard let elements = heap.elements(pairs) else { throw damaged("a list of pairs", pairs.kind) }
    try spend(elements.count)
    for pair in elements {
      guard let both = heap.elements(pair), both.count == 2 else { throw damaged("a pair", pair.kind) }
      try set(both, in: dictionary)
    }
    return dictionary
  }

  private mutating func tensor(_ given: [PickleValue]) throws -> PickleValue {
    guard given.count >= 4, case .storage(let storage) = given[0], case .integer(let offset) = given[1],
      let shape = heap.integers(given[2], atMost: 16), let strides = heap.integers(given[3], atMost: 16),
      offset >= 0, shape.count == strides.count, shape.allSatisfy({ $0 >= 0 }),
      strides.allSatisfy({ $0 >= 0 })
    else { throw damaged("a storage, an offset, a shape and strides", "other arguments") }
    heap.tensors.append(TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides))
    return .tensor(heap.tensors.count - 1)
  }

  /// `('storage', type, key, device, count)`; before PyTorch 1.6 with one more, which is None unless the storage is a part of
  /// another.
  private mutating func persistent(_ value: PickleValue) throws -> PickleValue {
    guard let parts = heap.elements(value), parts.count >= 5, parts[0] == .string("storage"),
      case .global(.storage(let element)) = parts[1], case .string(let key) = parts[2],
      case .integer(let count) = parts[4], count >= 0, parts.count == 5 || parts[5] == .none
    else { throw damaged("the description of a storage", value.kind) }
    heap.storages.append(TorchStorage(element: element, key: key, count: count))
    return .storage(heap.storages.count - 1)
  }

  /// Gives an object its attributes. A dictionary keeps none: PyTorch hangs `_metadata` on it.
  private mutating func build() throws {
    let state = try pop()
    switch try top() {
    case .object(let index):
      guard let members = heap.members(state) else { break }
      try spend(members.count)
      heap.objects[index] += members
    case .dictionary, .tensor, .none: break
    case let other: throw damaged("an object", other.kind)
    }
  }
}
