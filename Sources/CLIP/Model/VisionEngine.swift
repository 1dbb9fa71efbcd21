import Compute

/// The image tower with its threads and their memory.
final class VisionEngine: @unchecked Sendable {
  // Unchecked: `CLIPModel` lets one caller in at a time, and a worker is used by its own thread alone.

  /// Rows of the residual stream that a worker takes at once: enough to keep products at full speed, few enough that
  /// the activations stay in the cache.
  static let rowsAtOnce = 400

  private let tower: VisionTower
  private let precision: Precision
  private let workers: Workers<VisionTower.Space>
  private let configuration: CLIPConfiguration

  init(_ parameters: Parameters, of whole: CLIPConfiguration, threads: Int) throws {
    workers = try Workers(threads: threads)
    precision = parameters.precision
    configuration = whole
    tower = try VisionTower(parameters, of: whole, pool: workers.pool)
  }

  /// What is computed of an image.
  enum Output {
    /// Its embedding.
    case embedding
    /// What is there before pooling, ``VisionConfiguration/grid``, as one row.
    case grid
  }

  func embed(
    _ output: Output = .embedding, count: Int, normalization: PixelNormalization, normalized: Bool,
    progress: EmbeddingProgress?, image: @Sendable (Int) throws -> PreparedImage
  ) throws -> EmbeddedItems {
    let watcher = ProgressCounter(of: count, progress)
    let threads = workers.pool.count
    let dimension =
      switch output {
      case .embedding: configuration.embeddingWidth
      case .grid: configuration.vision.grid.count
      }
    return try EmbeddingWriter.collect(count: count, dimension: dimension) { rows, failures in
      let pass = Pass(
        tower: tower, output: output, normalization: normalization, normalized: normalized, rows: rows,
        failures: failures)
      if count < threads {
        try pass.run(0..<count, space(count, workers.together), workers.together.context, image)
        return watcher.add(count)
      }
      let largest = max(1, Self.rowsAtOnce / tower.rowsPerImage)
      let chunks = Chunks(count: count, largest: largest, threads: threads)
      let widest = chunks.ranges.map(\.count).max() ?? 0
      let broken = FirstError()
      workers.pool.run { member in
        do {
          let worker = workers.alone[member]
          while let range = chunks.take() {
            try pass.run(range, space(widest, worker), worker.context, image)
            watcher.add(range.count)
          }
        } catch {
          broken.note(error)
          chunks.cancel()
        }
      }
      try broken.check()
    }
  }

  /// Embeds images whose grids are there; nil where the embedding does not follow from the grid.
  func embed(grids: EmbeddedItems, normalized: Bool) throws -> EmbeddedItems? {
    guard configuration.vision.pooledTrunk != nil else { return nil }
    let (count, size) = (grids.embeddings.count, configuration.vision.grid.count)
    let values = grids.embeddings.values
    var result = try EmbeddingWriter.collect(count: count, dimension: configuration.embeddingWidth) {
      rows, failures in
      guard count > 0 else { return }
      let worker = workers.together
      let atOnce = min(count, 64)
      let space = try space(atOnce, worker)
      try values.withUnsafeBufferPointer { values in
        guard let start = values.baseAddress else { return }
        for first in stride(from: 0, to: count, by: atOnce) {
          try tower.embed(
            grids: start + first * size, count: min(atOnce, count - first), space, worker.context,
            to: rows.row(first))
        }
      }
      for index in 0..<count where grids.failures[index] == nil {
        rows.finish(index, normalized: normalized, failures: failures)
      }
    }
    result.failures.merge(grids.failures) { $1 }
    return result
  }

  private func space(_ images: Int, _ worker: Worker<VisionTower.Space>) throws -> VisionTower.Space {
    try worker.space(for: images) {
      try VisionTower.Space(tower, images: $0, precision: precision, members: worker.context.pool.count)
    }
  }

  /// What a forward pass needs besides its images.
  private struct Pass {
    let tower: VisionTower
    let output: Output
    let normalization: PixelNormalization
    let normalized: Bool
    let rows: EmbeddingWriter
    let failures: ItemFailures

    func run(
      _ range: Range<Int>, _ space: VisionTower.Space, _ context: Context,
      _ image: (Int) throws -> PreparedImage
    ) throws {
      var images: [PreparedImage] = []
      var indices: [Int] = []
      for index in range {
        do {
          let prepared = try image(index)
          try tower.check(prepared)
          images.append(prepared)
          indices.append(index)
        } catch { failures.note(index, error) }
      }
      guard !images.isEmpty else { return }
      // The rows of a chunk are computed side by side, and moved apart where images failed.
      let first = rows.row(range.lowerBound)
      switch output {
      case .embedding: try tower.embed(images, table: normalization, space, context, to: first)
      case .grid: try tower.grids(images, table: normalization, space, context, to: first)
      }
      for (place, index) in indices.enumerated().reversed() where index != range.lowerBound + place {
        rows.row(index).update(from: first + place * rows.dimension, count: rows.dimension)
      }
      for index in range where !indices.contains(index) {
        rows.row(index).update(repeating: 0, count: rows.dimension)
      }
      for index in indices {
        rows.finish(index, normalized: normalized, failures: failures)
      }
    }
  }
}

extension EmbeddingWriter {
  /// Normalises a row where that is wanted; a row that is no direction becomes a failure.
  func finish(_ index: Int, normalized: Bool, failures: ItemFailures) {
    let length = Kernels.best.length(row(index), count: dimension)
    guard length > 0, length.isFinite else {
      row(index).update(repeating: 0, count: dimension)
      return failures.note(index, ModelError.notFinite)
    }
    if normalized { Kernels.best.multiply(1 / length, count: dimension, row(index)) }
  }
}
