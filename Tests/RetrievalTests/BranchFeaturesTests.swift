import Foundation
import Testing

import CLIP
import Compute
import Retrieval

@Suite struct BranchFeaturesTests {
  /// Normal numbers, by the sum of twelve even ones.
  private static func normal(_ random: inout SplitMix) -> Double {
    (0..<12).reduce(-6.0) { sum, _ in sum + Double(random.next() >> 11) / Double(1 << 53) }
  }

  private static func rows(_ count: Int, _ dimension: Int, seed: UInt64) throws -> Embeddings {
    var random = SplitMix(seed: seed)
    let values = (0..<(count * dimension)).map { place in
      Float((place % dimension == 0 ? 3 : 0) + normal(&random) / Double(1 + place % dimension).squareRoot())
    }
    return try Embeddings(values: values, dimension: dimension)
  }

  private static func features(_ rows: Embeddings, seed: UInt64 = 0, threads: Int? = nil) throws
    -> BranchFeatures
  {
    BranchFeatures(fitting: rows, try CatalogueStatistics(rows), seed: seed, threads: threads)
  }

  @Test func eigenvectorsAreThoseOfAKnownCovariance() throws {
    let size = 48
    var random = SplitMix(seed: 5)
    // Axes that are known: reflections of the unit vectors at a random direction.
    let direction = (0..<size).map { _ in Self.normal(&random) }
    let squares = direction.reduce(0) { $0 + $1 * $1 }
    let axis = { (index: Int) in
      (0..<size).map { ($0 == index ? 1 : 0) - 2 * direction[index] * direction[$0] / squares }
    }
    let variance = { (index: Int) in 100 / Double(1 + index) }
    var matrix = [Double](repeating: 0, count: size * size)
    for index in 0..<size {
      let own = axis(index)
      for a in 0..<size { for b in 0..<size { matrix[a * size + b] += variance(index) * own[a] * own[b] } }
    }
    let (values, vectors) = PrincipalAxes.largest(32, of: matrix, size: size, random: &random)
    for index in 0..<32 {
      #expect(abs(values[index] - variance(index)) < 1e-6 * variance(index))
      let shared = zip(vectors[(index * size)..<((index + 1) * size)], axis(index)).reduce(0) {
        $0 + $1.0 * $1.1
      }
      #expect(abs(abs(shared) - 1) < 1e-4)
    }
  }

  @Test func axesAreOrthogonalAndBytesUseTheirRange() throws {
    let rows = try Self.rows(2000, 40, seed: 1)
    let features = try Self.features(rows)
    for a in 0..<32 {
      for b in 0..<32 {
        let dot = (0..<40).reduce(Float(0)) { $0 + features.axes[a * 40 + $1] * features.axes[b * 40 + $1] }
        #expect(abs(dot - (a == b ? 1 : 0)) < 1e-4)
      }
    }
    let bytes = features.quantize(rows).bytes
    for feature in 0..<32 {
      let values = stride(from: feature, to: bytes.count, by: 32).map { bytes[$0] }
      #expect(values.min() ?? 255 < 30 && values.max() ?? 0 > 225)
      #expect(values.count { $0 == 0 || $0 == 255 } <= 10)
    }
  }

  @Test func featuresDoNotDependOnThreads() throws {
    let rows = try Self.rows(500, 36, seed: 2)
    let features = try Self.features(rows, seed: 3, threads: 1)
    #expect(try features == Self.features(rows, seed: 3, threads: 4))
    #expect(features.quantize(rows, threads: 1).bytes == features.quantize(rows, threads: 3).bytes)
  }

  @Test func storedFeaturesAreTheSameAndThoseThatDoNotFitAreRefused() throws {
    let features = try Self.features(Self.rows(100, 40, seed: 5))
    let stored = try JSONEncoder().encode(features)
    #expect(try JSONDecoder().decode(BranchFeatures.self, from: stored) == features)
    let short = BranchFeatures(
      mean: features.mean, axes: Array(features.axes.dropLast()), scale: features.scale)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(BranchFeatures.self, from: JSONEncoder().encode(short))
    }
  }

  @Test(arguments: [(0, 8), (1, 8), (3, 1), (40, 5), (20, 100)])
  func fewRowsAndFewNumbersHaveFeatures(count: Int, dimension: Int) throws {
    let rows = try Self.rows(count, dimension, seed: 3)
    let features = try Self.features(rows)
    #expect(features.axes.count == 32 * dimension && features.axes.allSatisfy { $0.isFinite })
    #expect(features.scale.count == 32 && features.scale.allSatisfy { $0.isFinite })
    #expect(features.quantize(rows).bytes.count == 32 * count)
  }

  @Test func rowsThatAreNotFiniteAreInTheMiddle() throws {
    let features = try Self.features(Self.rows(100, 16, seed: 4))
    for value in [Float.nan, .infinity, -.infinity] {
      let rows = try Embeddings(values: [Float](repeating: value, count: 16), dimension: 16)
      #expect(features.quantize(rows).bytes == BranchRows(count: 1) { features.zeros(to: $0) }.bytes)
    }
  }
}

extension BranchFeatures {
  /// The bytes of a row of zeros.
  fileprivate func zeros(to bytes: UnsafeMutablePointer<UInt8>) {
    var row = [Float](repeating: 0, count: dimension)
    row.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { quantize(start, to: bytes) } }
  }
}
