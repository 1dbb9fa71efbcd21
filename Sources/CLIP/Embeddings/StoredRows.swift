import Compute
public import Files
public import Foundation

/// Rows of numbers of any stored type, in a mapped file or in memory of their own.
struct StoredRows: @unchecked Sendable {
  // Unchecked: the memory is never written to, and `owner` keeps it alive.

  let dimension: Int
  let type: NumPyType
  let bytes: UnsafeRawBufferPointer
  let owner: any AnyObject & Sendable

  /// Copies rows, which must be there.
  func copyRows(_ rows: Range<Int>, to destination: UnsafeMutablePointer<Float>) {
    let size = dimension * type.byteCount
    guard let start = bytes.baseAddress.map({ $0 + rows.lowerBound * size }) else { return }
    let count = rows.count * dimension
    func widen(_ storage: Matrix.Storage) {
      Matrix(rows: rows.count, columns: dimension, storage: storage, start: start, owner: owner)
        .copyRows(0..<rows.count, to: destination)
    }
    switch type {
    case .float32: widen(.float32)
    case .float16: widen(.float16)
    case .int8:
      Kernels.best.widen(bytes: start.assumingMemoryBound(to: Int8.self), count: count, to: destination)
    case .float64:
      let numbers = UnsafeRawBufferPointer(start: start, count: rows.count * size)
      for place in 0..<count { destination[place] = type.number(at: place, of: numbers) }
    }
  }
}

extension Embeddings {
  /// Takes rows that lie in memory or in a mapped file, which `owner` keeps there.
  package init(
    rows: UnsafeRawBufferPointer, of type: NumPyType, owner: any AnyObject & Sendable, count: Int,
    dimension: Int, name: String
  ) {
    self.init(
      StoredRows(dimension: dimension, type: type, bytes: rows, owner: owner), count: count, name: name)
  }

  /// Maps a matrix in a NumPy `.npy` file: float32, float16, float64 or int8.
  ///
  /// - Throws: ``NumPyError``, where the file holds no matrix too.
  public init(contentsOf url: URL) throws {
    let array = try NumPyArray(contentsOf: url)
    guard array.shape.count == 2, array.shape[1] > 0 else {
      throw NumPyError.unsupported(file: array.name, found: "an array of the shape \(array.shape)")
    }
    let rows = StoredRows(
      dimension: array.shape[1], type: array.type, bytes: array.elements, owner: array.file)
    self.init(rows, count: array.shape[0], name: array.name)
  }

  /// The same embeddings in memory as another type, a half or a quarter of the size. Of signed bytes only the direction of an
  /// embedding is left, which is what a cosine sees.
  public func stored(as type: NumPyType) -> Embeddings {
    let size = dimension * type.byteCount
    let memory = OwnedBytes(count: count * size) { bytes in
      for row in 0..<count {
        UnsafeMutableRawBufferPointer(rebasing: bytes[row * size..<(row + 1) * size])
          .copyBytes(from: type.bytes(of: self[row]))
      }
    }
    var result = Embeddings(
      StoredRows(dimension: dimension, type: type, bytes: memory.bytes, owner: memory), count: count,
      name: name)
    result.ids = ids
    return result
  }
}

extension NumPyWriter {
  /// Appends all embeddings.
  ///
  /// - Throws: as ``append(_:)-(ArraySlice<Float>)`` does.
  public func append(_ embeddings: Embeddings) throws {
    for row in 0..<embeddings.count { try append(embeddings[row]) }
  }
}
