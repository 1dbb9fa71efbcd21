package import Compute
import Files
import Foundation

/// Takes stored tensors by name, with their shapes checked.
package struct Parameters {
  private let tensors: [String: StoredTensor]
  /// What products are computed in.
  let precision: Precision
  let packing: Packing

  /// Takes tensors by their names.
  package init(_ tensors: [String: StoredTensor], precision: Precision, packing: Packing = .always) {
    self.tensors = tensors
    self.precision = precision
    self.packing = packing
  }

  /// The matrix of that name and shape. Throws ``ModelError``.
  package func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> Matrix {
    try matrix(name, shape: [rows, columns], rows: rows, columns: columns)
  }

  /// A tensor of any shape, seen as a matrix.
  func matrix(_ name: String, shape: [Int], rows: Int, columns: Int) throws -> Matrix {
    guard let tensor = tensors[name] else { throw ModelError.missingTensor(name: name) }
    guard tensor.shape == shape, tensor.count == rows * columns, let start = tensor.bytes.baseAddress else {
      throw ModelError.misshapenTensor(name: name, expected: shape, found: tensor.shape)
    }
    let storage: Matrix.Storage =
      switch tensor.type {
      case .float32: .float32
      case .float16: .float16
      case .bfloat16: .bfloat16
      }
    return Matrix(rows: rows, columns: columns, storage: storage, start: start, owner: tensor.owner)
  }

  /// The vector of that name and length.
  package func vector(_ name: String, _ count: Int) throws -> Vector {
    try Vector(matrix(name, shape: [count], rows: 1, columns: count))
  }

  /// A linear layer of one or several matrices with as many outputs each, with biases unless it has none.
  package func linear(_ names: [String], inputs: Int, outputs: Int, hasBias: Bool = true) throws -> Linear {
    try Linear(
      matrices: names.map { try matrix("\($0).weight", outputs, inputs) },
      biases: hasBias ? names.map { try vector("\($0).bias", outputs) } : [], precision: precision,
      packing: packing)
  }
}

/// The weights of a layer norm.
package struct LayerNorm: Sendable {
  let weight: Vector
  let bias: Vector
  let epsilon: Float

  package init(_ parameters: Parameters, _ name: String, _ count: Int, epsilon: Float) throws {
    weight = try parameters.vector("\(name).weight", count)
    bias = try parameters.vector("\(name).bias", count)
    self.epsilon = epsilon
  }

  /// Normalises rows that lie one behind the other; source and destination may be the same.
  package func apply(
    _ source: UnsafePointer<Float>, rows: Range<Int>, to destination: UnsafeMutablePointer<Float>
  ) {
    Kernels.best.layerNorm(
      source, weight: weight, bias: bias, epsilon: epsilon, rows: rows, to: destination)
  }
}

extension MappedFile: ReleasableMemory {
  /// Gives the whole pages of a part of the mapping back; they are read from the file again if anybody asks.
  package func release(_ part: UnsafeRawBufferPointer) {
    guard let whole = bytes.baseAddress, let first = part.baseAddress, first >= whole,
      first + part.count <= whole + bytes.count
    else { return }
    let page = Int(getpagesize())
    let begin = Int(bitPattern: first).roundedUp(toMultipleOf: page)
    let end = Int(bitPattern: first + part.count) / page * page
    if begin < end { madvise(UnsafeMutableRawPointer(bitPattern: begin), end - begin, MADV_DONTNEED) }
  }
}
