import CKernels

/// The left side of products: rows of numbers, in the form that a precision multiplies.
///
/// Steps write their f32 results to ``floats``; ``seal(rows:context:)`` then makes the form that the products read, which
/// for f32 is the same memory.
package final class Operand: @unchecked Sendable {
  // Unchecked: part of a workspace, which one thread or one pool uses at a time.

  /// The numbers in a row.
  package let columns: Int
  /// The f32 rows, `columns` numbers each.
  package let floats: UnsafeMutablePointer<Float>

  let format: NumberFormat
  let levels: Int32
  private let floatStorage: AlignedBuffer
  private let converted: AlignedBuffer?
  private let scaleStorage: AlignedBuffer?

  /// Memory for `rows` rows in the form of `precision`.
  package convenience init(rows: Int, columns: Int, precision: Precision) throws {
    try self.init(
      rows: rows, columns: columns, precision: precision,
      backend: .best(precision, .always, inputs: columns))
  }

  /// Memory for a backend that need not be the fastest one.
  package init(rows: Int, columns: Int, precision: Precision, backend: ProductBackend) throws {
    self.columns = columns
    floatStorage = try AlignedBuffer(byteCount: rows * columns * 4)
    floats = floatStorage.bound(to: Float.self)
    floats.update(repeating: 0, count: rows * columns)
    format = backend.operandFormat(precision)
    levels = backend.activationLevels
    converted =
      format == .float32 ? nil : try AlignedBuffer(byteCount: rows * columns * format.byteCount)
    scaleStorage =
      format == .unsignedByte
      ? try AlignedBuffer(byteCount: rows * MemoryLayout<plumb_row_scale>.stride) : nil
    if let converted {
      converted.start.initializeMemory(as: UInt8.self, repeating: 0, count: converted.byteCount)
    }
    if let scaleStorage {
      scaleStorage.start.initializeMemory(as: UInt8.self, repeating: 0, count: scaleStorage.byteCount)
    }
  }

  /// The memory of another operand, as rows of another length.
  ///
  /// - Throws: ``ComputeError/outOfMemory(bytes:)`` where that memory is too small for so many rows.
  package init(sharing other: Operand, rows: Int, columns: Int) throws {
    let needed = rows * columns
    guard needed * 4 <= other.floatStorage.byteCount,
      other.scaleStorage.map({ rows * MemoryLayout<plumb_row_scale>.stride <= $0.byteCount }) ?? true
    else { throw ComputeError.outOfMemory(bytes: needed * 4) }
    self.columns = columns
    floats = other.floats
    format = other.format
    levels = other.levels
    floatStorage = other.floatStorage
    converted = other.converted
    scaleStorage = other.scaleStorage
  }

  /// Where bytes of numbers from 0 to 6 go instead of ``floats``, and the byte that stands for 6; nil where rows are not bytes.
  /// ``sealReLU6(rows:context:)`` seals what is written there.
  var relu6Bytes: (start: UnsafeMutablePointer<UInt8>, levels: Int32)? {
    format == .unsignedByte ? (numbers.assumingMemoryBound(to: UInt8.self), levels) : nil
  }

  /// Makes the form that products read from the first rows that a depthwise convolution has written: of bytes only the scale
  /// is missing, that of numbers from 0 to 6.
  package func sealReLU6(rows: Int, context: Context?) {
    if let scales, format == .unsignedByte {
      for row in 0..<rows { scales[row] = plumb_row_scale(scale: 6 / Float(levels), zero: 0) }
    } else if let context {
      seal(rows: rows, context: context)
    } else {
      seal(0..<rows)
    }
  }

  /// What products read.
  var numbers: UnsafeMutableRawPointer { converted?.start ?? floatStorage.start }

  /// Where a row begins in what products read.
  func start(ofRow row: Int) -> UnsafeMutableRawPointer { numbers + row * columns * format.byteCount }

  /// The scale and the zero of each row of bytes.
  var scales: UnsafeMutablePointer<plumb_row_scale>? { scaleStorage?.bound(to: plumb_row_scale.self) }

  /// Makes the form that products read from the first `rows` rows of ``floats``.
  package func seal(rows: Int, context: Context) {
    guard format != .float32 else { return }
    context.pool.split(rows) { seal($0) }
  }

  /// Makes the form that products read from some rows, on the calling thread.
  package func seal(_ rows: Range<Int>) {
    let kernels = Kernels.best.table.pointee
    let first = rows.lowerBound * columns
    switch format {
    case .bfloat16:
      kernels.narrow_bf16(
        floats + first, rows.count * columns, numbers.assumingMemoryBound(to: UInt16.self) + first)
    case .unsignedByte:
      guard let scales else { return }
      let bytes = numbers.assumingMemoryBound(to: UInt8.self)
      kernels.quantize(
        floats + first, rows.count, columns, levels, bytes + first, scales + rows.lowerBound)
    default: break
    }
  }
}

/// How the numbers of an operand are stored.
enum NumberFormat {
  case float32, bfloat16, unsignedByte

  var byteCount: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    case .unsignedByte: 1
    }
  }
}
