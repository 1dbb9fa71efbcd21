import Foundation
import JSON

/// What a request gives: members of the answer's header, and raw bytes.
struct Answer {
  var members: [JSONValue.Member] = []
  var payload: [Data] = []

  /// Adds an array: its shape and type, and its numbers as the payload.
  mutating func add(_ numbers: [Float], shape: [Int]) {
    add(Data(numbers: numbers), shape: shape, type: "float32")
  }
  mutating func add(_ numbers: [Double], shape: [Int]) {
    add(Data(numbers: numbers), shape: shape, type: "float64")
  }
  mutating func add(_ numbers: [Int32], shape: [Int]) {
    add(Data(numbers: numbers), shape: shape, type: "int32")
  }

  /// Adds an array whose numbers are bytes already.
  mutating func add(_ bytes: Data, shape: [Int], type: String) {
    members += [.init("shape", .array(shape.map(JSONValue.integer))), .init("dtype", .string(type))]
    payload.append(bytes)
  }

  /// Adds what failed, by the index of the item.
  mutating func add(failures: [Int: String], as key: String = "failures") {
    let list = failures.sorted { $0.key < $1.key }.map { index, reason -> JSONValue in
      ["index": .integer(index), "reason": .string(reason)]
    }
    members.append(.init(key, .array(list)))
  }

  /// Adds sentences.
  mutating func add(warnings: [String]) {
    members.append(.init("warnings", .array(warnings.map(JSONValue.string))))
  }
}
