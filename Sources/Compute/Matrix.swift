import CKernels

/// A read-only matrix of weights as a checkpoint stores it: row-major, in one of three types.
package struct Matrix: @unchecked Sendable {
  // Unchecked: the memory is never written to, and `owner` keeps it alive.

  /// How the numbers are stored.
  package enum Storage: Sendable {
    case float32, float16, bfloat16

    var byteCount: Int { self == .float32 ? 4 : 2 }
  }

  /// Outputs.
  package let rows: Int
  /// Inputs.
  package let columns: Int
  /// How the numbers are stored.
  package let storage: Storage
  let start: UnsafeRawPointer
  let owner: any AnyObject & Sendable

  /// A window on memory that `owner` keeps alive, of at least `rows × columns` numbers.
  package init(
    rows: Int, columns: Int, storage: Storage, start: UnsafeRawPointer, owner: any AnyObject & Sendable
  ) {
    self.rows = rows
    self.columns = columns
    self.storage = storage
    self.start = start
    self.owner = owner
  }

  /// A copy of numbers, row after row; numbers that do not fill a row are left out.
  ///
  /// - Throws: ``ComputeError``.
  package init(copying numbers: [Float], columns: Int) throws {
    let rows = columns > 0 ? numbers.count / columns : 0
    let memory = try AlignedBuffer(byteCount: rows * columns * 4)
    memory.bound(to: Float.self).update(from: numbers, count: rows * columns)
    self.init(rows: rows, columns: columns, storage: .float32, start: memory.start, owner: memory)
  }

  /// The bytes that the numbers take.
  package var byteCount: Int { rows * columns * storage.byteCount }

  /// The matrix itself where it already is f32 that can be read in place.
  var floatsInPlace: UnsafePointer<Float>? {
    guard storage == .float32, Int(bitPattern: start) % 4 == 0 else { return nil }
    return start.assumingMemoryBound(to: Float.self)
  }

  /// Copies rows as f32 to `destination`, row after row.
  package func copyRows(_ range: Range<Int>, to destination: UnsafeMutablePointer<Float>) {
    let kernels = Kernels.best.table.pointee
    let count = range.count * columns
    let from = start + range.lowerBound * columns * storage.byteCount
    switch storage {
    case .float32: UnsafeMutableRawPointer(destination).copyMemory(from: from, byteCount: count * 4)
    case .float16: widen(from, count, to: destination, by: kernels.widen_f16)
    case .bfloat16: widen(from, count, to: destination, by: kernels.widen_bf16)
    }
  }

  private func widen(
    _ from: UnsafeRawPointer, _ count: Int, to destination: UnsafeMutablePointer<Float>,
    by kernel: (UnsafePointer<UInt16>?, Int, UnsafeMutablePointer<Float>?) -> Void
  ) {
    if Int(bitPattern: from) % 2 == 0 {
      kernel(from.assumingMemoryBound(to: UInt16.self), count, destination)
    } else {
      withUnsafeTemporaryAllocation(of: UInt16.self, capacity: columns) { line in
        guard let base = line.baseAddress else { return }
        for done in stride(from: 0, to: count, by: columns) {
          UnsafeMutableRawPointer(base).copyMemory(from: from + done * 2, byteCount: columns * 2)
          kernel(base, columns, destination + done)
        }
      }
    }
  }
}

/// A vector of f32 numbers: a bias, the weights of a layer norm.
package final class Vector: @unchecked Sendable {
  // Unchecked: never written to after `init`.

  /// How many.
  package let count: Int
  private let storage: AlignedBuffer

  /// The numbers.
  package var numbers: UnsafePointer<Float> { UnsafePointer(storage.bound(to: Float.self)) }

  /// Copies a matrix of any shape, row after row.
  package init(_ matrix: Matrix) throws {
    count = matrix.rows * matrix.columns
    storage = try AlignedBuffer(byteCount: count * 4)
    matrix.copyRows(0..<matrix.rows, to: storage.bound(to: Float.self))
  }

  /// The vector less some numbers.
  package func subtracting(_ others: [Float]) throws -> Vector {
    let copy = try AlignedBuffer(byteCount: count * 4)
    let numbers = copy.bound(to: Float.self)
    for index in 0..<count { numbers[index] = self.numbers[index] - others[index] }
    return try Vector(
      Matrix(
        rows: 1, columns: count, storage: .float32, start: UnsafeRawPointer(copy.start), owner: copy))
  }

  /// Copies vectors, one behind the other.
  init(joining vectors: [Vector]) throws {
    count = vectors.reduce(0) { $0 + $1.count }
    storage = try AlignedBuffer(byteCount: count * 4)
    var next = storage.bound(to: Float.self)
    for vector in vectors {
      next.update(from: vector.numbers, count: vector.count)
      next += vector.count
    }
  }
}

/// Memory that can be given back to the system and comes again when it is read: a mapped file.
package protocol ReleasableMemory: AnyObject, Sendable {
  /// Says that some of the memory will not be read soon.
  func release(_ bytes: UnsafeRawBufferPointer)
}

extension Matrix {
  /// Gives rows that were copied back to the system, which reads them again where somebody asks.
  package func releaseRows(_ rows: Range<Int>) {
    guard let memory = owner as? any ReleasableMemory else { return }
    let size = columns * storage.byteCount
    memory.release(
      UnsafeRawBufferPointer(start: start + rows.lowerBound * size, count: rows.count * size))
  }
}
