package import CLIP

/// Embeddings as decision branches see them: 32 principal components of a row, each as a byte.
///
/// A row `x` (D numbers) is brought to unit length, `y = W (x − mean)` with `W` of 32 × D, `y` is brought to unit length, and feature
/// `f` is `clamp(127.5 · scale[f] · y[f] + 128, 0, 255)`. CLIP-Branches learns the 32 numbers with a network; principal components
/// need no training and no captions. Its bytes have no scale, and as 32 numbers of unit length are about 0.18 each, they use a
/// fifth of the 256 values. Here each feature has the scale that spreads 99.9 % of a sample over all values: boxes compare a feature
/// only with itself, so that scales of their own change nothing but the resolution.
///
/// Rows of zeros, and rows that are not finite, become 128 throughout.
package struct BranchFeatures: Sendable, Equatable {
  /// The number of features, and of bytes, of a row.
  package static let count = 32

  /// The mean of the sample's rows, D numbers.
  package let mean: [Float]
  /// The principal axes, 32 × D: the one of the largest variance first, of length 1; zeros where D is below 32.
  package let axes: [Float]
  /// What each feature is multiplied with before it becomes a byte; 32 numbers.
  package let scale: [Float]

  /// The number of values of an embedding.
  package var dimension: Int { mean.count }

  package init(mean: [Float], axes: [Float], scale: [Float]) {
    (self.mean, self.axes, self.scale) = (mean, axes, scale)
  }

  /// Writes the 32 bytes of a row.
  ///
  /// - Parameters:
  ///   - row: D numbers, which are overwritten.
  ///   - bytes: place for 32 bytes.
  package func quantize(_ row: UnsafeMutablePointer<Float>, to bytes: UnsafeMutablePointer<UInt8>) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.count) { features in
      guard let start = features.baseAddress else { return }
      project(row, to: start)
      for index in 0..<Self.count {
        bytes[index] = UInt8(max(0, min(255, 127.5 * scale[index] * start[index] + 128)))
      }
    }
  }

  /// Writes the 32 numbers of a row, of unit length, before they are scaled; the row is overwritten.
  package func project(_ row: UnsafeMutablePointer<Float>, to features: UnsafeMutablePointer<Float>) {
    let dimension = self.dimension
    FloatVector.makeUnit(row, dimension)
    for index in 0..<dimension { row[index] -= mean[index] }
    axes.withUnsafeBufferPointer { axes in
      guard let axis = axes.baseAddress else { return }
      for index in 0..<Self.count {
        features[index] = FloatVector.dot(row, axis + index * dimension, dimension)
      }
    }
    FloatVector.makeUnit(features, Self.count)
  }

  /// The bytes of all rows.
  ///
  /// - Parameter threads: the number of threads; nil for one for each CPU core.
  package func quantize(_ source: Embeddings, threads: Int? = nil) -> BranchRows {
    BranchRows(count: source.count) { bytes in
      nonisolated(unsafe) let bytes = bytes  // Each range of rows is written by one thread.
      Parallel.ranges(source.count, of: 4096, threads: threads) { range in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, dimension)) { row in
          guard let start = row.baseAddress else { return }
          for index in range {
            source.copyRow(index, to: start)
            quantize(start, to: bytes + index * Self.count)
          }
        }
      }
    }
  }
}

extension BranchFeatures: Codable {
  private enum CodingKeys: String, CodingKey { case mean, axes, scale }

  /// Reads features that were stored beside the trees; throws `DecodingError` where they do not fit together.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      mean: try container.decode([Float].self, forKey: .mean),
      axes: try container.decode([Float].self, forKey: .axes),
      scale: try container.decode([Float].self, forKey: .scale))
    guard axes.count == Self.count * mean.count, scale.count == Self.count,
      (mean + axes + scale).allSatisfy(\.isFinite)
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .axes, in: container, debugDescription: "expected 32 axes and scales of finite numbers")
    }
  }
}
