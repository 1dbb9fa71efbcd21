import Compute
import Dispatch

/// The two large products that a decomposition needs, in double precision, on all CPU cores.
///
/// The sums do not depend on how many processors there are.
enum DoubleProducts {
  private typealias Lane = SIMD4<Double>
  private static let pieces = 8
  /// Rows that are widened to doubles at a time, few enough to stay in the cache.
  private static let rowsAtOnce = 32

  /// `EᵀE` of a table E of rows of `width` numbers: (width, width), row-major.
  static func gram(_ table: [Float], width: Int) -> [Double] {
    let rows = table.count / max(1, width)
    let lanes = (width + 3) / 4
    let size = 4 * lanes * lanes
    var sums = [Lane](repeating: .zero, count: pieces * size)
    sums.withUnsafeMutableBufferPointer { sums in
      table.withUnsafeBufferPointer { table in
        guard let sums = sums.baseAddress, let table = table.baseAddress else { return }
        inPieces(of: rows) { piece, range in
          addGram(table, range, width: width, lanes: lanes, to: sums + piece * size)
        }
      }
    }
    var gram = [Double](repeating: 0, count: width * width)
    for row in 0..<width {
      for column in row..<width {
        let place = row * lanes + column / 4
        let sum = (0..<pieces).reduce(0.0) { $0 + sums[$1 * size + place][column % 4] }
        gram[row * width + column] = sum
        gram[column * width + row] = sum
      }
    }
    return gram
  }

  /// Adds some rows' part of the product, for the blocks of 4×4 that are not below the diagonal.
  private static func addGram(
    _ table: UnsafePointer<Float>, _ range: Range<Int>, width: Int, lanes: Int,
    to sums: UnsafeMutablePointer<Lane>
  ) {
    withUnsafeTemporaryAllocation(of: Lane.self, capacity: rowsAtOnce * lanes) { block in
      guard let block = block.baseAddress else { return }
      for first in stride(from: range.lowerBound, to: range.upperBound, by: rowsAtOnce) {
        let count = min(rowsAtOnce, range.upperBound - first)
        widen(table + first * width, rows: count, width: width, to: block, lanes: lanes)
        for left in 0..<lanes {
          for right in left..<lanes {
            var (a, b, c, d) = (Lane.zero, Lane.zero, Lane.zero, Lane.zero)
            for row in 0..<count {
              let (x, y) = (block[row * lanes + left], block[row * lanes + right])
              a += x[0] * y
              b += x[1] * y
              c += x[2] * y
              d += x[3] * y
            }
            let place = sums + 4 * left * lanes + right
            place[0] += a
            place[lanes] += b
            place[2 * lanes] += c
            place[3 * lanes] += d
          }
        }
      }
    }
  }

  /// `E·M` of a table of rows of `width` numbers and a matrix (width, columns).
  static func product(_ table: [Float], _ matrix: [Double], width: Int, columns: Int) -> [Float] {
    let rows = table.count / max(1, width)
    let lanes = (columns + 3) / 4
    var packed = [Lane](repeating: .zero, count: width * lanes)
    for row in 0..<width {
      for column in 0..<columns {
        packed[row * lanes + column / 4][column % 4] = matrix[row * columns + column]
      }
    }
    var result = [Float](repeating: 0, count: rows * columns)
    result.withUnsafeMutableBufferPointer { result in
      table.withUnsafeBufferPointer { table in
        packed.withUnsafeBufferPointer { packed in
          guard let result = result.baseAddress, let table = table.baseAddress,
            let packed = packed.baseAddress
          else { return }
          // Every piece writes its own rows.
          inPieces(of: rows) { _, range in
            for row in range {
              multiply(
                table + row * width, packed, width: width, columns: columns, to: result + row * columns)
            }
          }
        }
      }
    }
    return result
  }

  /// One row by a matrix, sixteen columns at a time.
  private static func multiply(
    _ row: UnsafePointer<Float>, _ matrix: UnsafePointer<Lane>, width: Int, columns: Int,
    to result: UnsafeMutablePointer<Float>
  ) {
    let lanes = (columns + 3) / 4
    for first in stride(from: 0, to: lanes, by: 4) {
      var sums = (Lane.zero, Lane.zero, Lane.zero, Lane.zero)
      let (b, c, d) = (min(1, lanes - first - 1), min(2, lanes - first - 1), min(3, lanes - first - 1))
      for index in 0..<width {
        let x = Double(row[index])
        let line = matrix + index * lanes + first
        sums.0 += x * line[0]
        sums.1 += x * line[b]
        sums.2 += x * line[c]
        sums.3 += x * line[d]
      }
      for column in (4 * first)..<min(columns, 4 * first + 16) {
        let sum = [sums.0, sums.1, sums.2, sums.3][(column - 4 * first) / 4]
        result[column] = Float(sum[column % 4])
      }
    }
  }

  private static func widen(
    _ table: UnsafePointer<Float>, rows: Int, width: Int, to block: UnsafeMutablePointer<Lane>, lanes: Int
  ) {
    for row in 0..<rows {
      for lane in 0..<lanes {
        var numbers = Lane.zero
        for index in (4 * lane)..<min(width, 4 * lane + 4) {
          numbers[index % 4] = Double(table[row * width + index])
        }
        block[row * lanes + lane] = numbers
      }
    }
  }

  /// Calls `body` with each piece of `rows` rows, on all CPU cores.
  private static func inPieces(of rows: Int, _ body: (_ piece: Int, _ rows: Range<Int>) -> Void) {
    withoutActuallyEscaping(body) { body in
      // Every piece writes to memory of its own.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: pieces) { piece in
        body(piece, (rows * piece / pieces)..<(rows * (piece + 1) / pieces))
      }
    }
  }
}
