import CKernels
import Compute
import Foundation
import TestSupport
import Testing

/// Products of stored rows and one query, in every instruction set that the machine has.
@Suite struct ScanKernelTests {
  private static let kernels = ["baseline", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx"].compactMap {
    Kernels.named($0)
  }

  @Test(arguments: [1, 15, 16, 17, 64, 100, 512, 4096, 4097, 9001])
  func bytesAreMultipliedExactly(_ width: Int) throws {
    var generator = SeededGenerator(seed: UInt64(width))
    // The largest magnitudes come together, so that a sum that does not fit its bits would show.
    let rows = (0..<5).map { row in
      (0..<width).map { _ in row == 0 ? Int8.min : Int8.random(in: -128...127, using: &generator) }
    }
    let query = (0..<width).map { place in
      place % 7 < 6 ? -Float(1) : Float.random(in: -1...1, using: &generator)
    }
    let prepared = try query.withUnsafeBufferPointer { try ByteQuery($0) }
    let bytes = rows.flatMap(\.self)
    for kernels in Self.kernels {
      var scores = [Float](repeating: 0, count: rows.count)
      kernels.scan(bytes: bytes, count: rows.count, by: prepared, to: &scores)
      for (row, score) in zip(rows, scores) {
        let exact = zip(row, query).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        // A query has 15 bits a number: half a step of each is lost at most.
        let lost = row.reduce(0.0) { $0 + abs(Double($1)) } * 0.5 / 16_256
        #expect(abs(Double(score) - exact) <= lost + abs(exact) * 1e-6, "\(kernels.name)")
      }
    }
  }

  @Test(arguments: [1, 3, 8, 31, 32, 33, 100, 512, 1000])
  func numbersAreMultiplied(_ width: Int) {
    var generator = SeededGenerator(seed: UInt64(width))
    func numbers() -> [Float] {
      (0..<width).map { _ in Float(Float16(Float.random(in: -1...1, using: &generator))) }
    }
    let query = numbers()
    let rows = (0..<6).map { _ in numbers() }
    let floats = rows.flatMap(\.self)
    let halves = floats.map { Float16($0).bitPattern }
    for kernels in Self.kernels {
      var (ofFloats, ofHalves) = ([Float](repeating: 0, count: 6), [Float](repeating: 0, count: 6))
      kernels.scan(floats: floats, count: 6, by: query, width: width, to: &ofFloats)
      kernels.scan(halves: halves, count: 6, by: query, width: width, to: &ofHalves)
      for (row, scores) in zip(rows, zip(ofFloats, ofHalves)) {
        let exact = zip(row, query).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(Double(scores.0) - exact) < 1e-4, "\(kernels.name)")
        #expect(abs(Double(scores.1) - exact) < 1e-4, "\(kernels.name)")
      }
    }
  }
}
