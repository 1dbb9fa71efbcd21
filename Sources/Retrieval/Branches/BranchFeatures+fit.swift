package import CLIP
import Compute

extension BranchFeatures {
  /// The most rows that scales are fitted to.
  package static let sampleCount = 20_000

  /// Fits the features to embeddings: mean and principal axes from how they lie, scales from at most 20,000 of them.
  ///
  /// The same embeddings and seed give the same features, whatever the number of threads.
  package init(
    fitting source: Embeddings, _ statistics: CatalogueStatistics, seed: UInt64 = 0, threads: Int? = nil
  ) {
    var random = SplitMix(seed: seed)
    let rows = random.sample(min(Self.sampleCount, source.count), below: source.count)
    let dimension = source.dimension
    let wanted = min(Self.count, dimension)
    let largest = PrincipalAxes.largest(
      wanted, of: statistics.covariance.values.map(Double.init), size: dimension, random: &random)
    let missing = (Self.count - wanted) * dimension
    let axes = largest.vectors.map(Float.init) + [Float](repeating: 0, count: missing)
    let plain = BranchFeatures(mean: statistics.mean, axes: axes, scale: [])
    self.init(
      mean: statistics.mean, axes: axes, scale: plain.scales(of: source, rows: rows, threads: threads))
  }

  /// For each feature, the inverse of the size that 99.9 % of the rows stay below.
  private func scales(of source: Embeddings, rows: [Int], threads: Int?) -> [Float] {
    guard !rows.isEmpty else { return [Float](repeating: 1, count: Self.count) }
    let projected = Parallel.map(rows.count, threads: threads) { place in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: dimension + Self.count) { memory in
        guard let start = memory.baseAddress else { return [Float]() }
        source.copyRow(rows[place], to: start)
        project(start, to: start + dimension)
        return Array(memory.suffix(from: dimension).prefix(Self.count))
      }
    }
    return (0..<Self.count).map { feature in
      let sizes = projected.map { abs($0[feature]) }.sorted()
      let bound = sizes[min(sizes.count - 1, sizes.count * 999 / 1000)]
      return bound > 1e-6 ? 1 / bound : 1
    }
  }
}
