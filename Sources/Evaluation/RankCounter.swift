import CLIP
import Compute
import Synchronization

/// Counts what stands before the thing looked for, for all texts and all images in one walk over their similarities.
struct RankCounter: Sendable {
  let images: UnitEmbeddings
  let texts: UnitEmbeddings
  let imageOfText: [Int]
  let pool: ThreadPool
  /// The cosine of each text with its image.
  private let textTargets: [Double]
  /// The best cosine of each image with a text of its own; infinity for an image without texts.
  private let imageTargets: [Double]
  private let margin: Float

  init(images: UnitEmbeddings, texts: UnitEmbeddings, pairs: RetrievalPairs, pool: ThreadPool) {
    self.images = images
    self.texts = texts
    self.pool = pool
    let imageOfText = pairs.imageOfText
    self.imageOfText = imageOfText
    margin = RankWorker.margin(dimension: images.dimension)
    var targets = [Double](repeating: 0, count: texts.count)
    targets.withUnsafeMutableBufferPointer { buffer in
      let target = SendableBuffer(buffer)
      pool.split(texts.count) { range in
        let exact = ExactCosine(dimension: images.dimension)
        defer { exact.deallocate() }
        for text in range { target.buffer[text] = texts.cosine(text, images, imageOfText[text], exact) }
      }
    }
    textTargets = targets
    var best = [Double](repeating: -.infinity, count: images.count)
    for (text, image) in imageOfText.enumerated() { best[image] = max(best[image], targets[text]) }
    imageTargets = best.map { $0 == -.infinity ? .infinity : $0 }
  }

  /// The ranks.
  func count(blockWidth: Int, blockHeight: Int, progress: RetrievalEvaluation.Progress?) throws
    -> RetrievalResult
  {
    var beforeImages = [Int](repeating: 0, count: images.count)
    var beforeTexts = [Int](repeating: 0, count: texts.count)
    let workers = try (0..<pool.count).map { _ in
      try RankWorker(dimension: images.dimension, blockWidth: blockWidth, blockHeight: blockHeight)
    }
    let blocks = stride(from: 0, to: images.count, by: blockWidth).map {
      $0..<min($0 + blockWidth, images.count)
    }
    let block = try AlignedBuffer(byteCount: min(blockWidth, images.count) * images.dimension * 4)
    let failures = FirstError()
    let done = Atomic<Int>(0)
    try beforeTexts.withUnsafeMutableBufferPointer { buffer in
      let beforeTexts = SendableBuffer(buffer)
      for columns in blocks {
        let layer = try images.layer(of: columns, in: block, pool: pool)
        let next = Atomic<Int>(0)
        pool.run { member in
          let worker = workers[member]
          worker.start(width: columns.count)
          while !failures.isSet {
            let first = next.add(blockHeight, ordering: .relaxed).oldValue
            guard first < texts.count else { return }
            let rows = first..<min(first + blockHeight, texts.count)
            do { try compare(rows, columns, layer, worker, beforeTexts.buffer) } catch {
              failures.note(error)
            }
            let total = done.add(rows.count, ordering: .relaxed).newValue
            progress?(total / blocks.count, texts.count)
          }
        }
        try failures.check()
        for worker in workers {
          for (offset, image) in columns.enumerated() { beforeImages[image] += Int(worker.before[offset]) }
        }
      }
    }
    return RetrievalResult(
      textToImage: beforeTexts.map { $0 + 1 },
      imageToText: zip(beforeImages, imageTargets).map { $1 == .infinity ? nil : $0 + 1 })
  }

  /// Compares some texts with the images of a block.
  private func compare(
    _ rows: Range<Int>, _ columns: Range<Int>, _ layer: Linear, _ worker: RankWorker,
    _ beforeTexts: UnsafeMutableBufferPointer<Int>
  ) throws {
    for (offset, text) in rows.enumerated() {
      texts.copyUnit(text, to: worker.operand.floats + offset * texts.dimension)
    }
    worker.operand.seal(0..<rows.count)
    let width = columns.count
    try layer.apply(
      worker.operand, rows: rows.count, to: worker.similarities, stride: width, context: worker.context)
    worker.setLimits(imageTargets[columns], margin: margin)
    for (offset, text) in rows.enumerated() {
      let target = Float(textTargets[text])
      let (low, high) = (target - margin, target + margin)
      let (above, reaching) = worker.tally(row: offset, width: width, low: low, high: high)
      beforeTexts[text] += above
      guard reaching > above else { continue }
      let line = worker.similarities + offset * width
      for column in 0..<width where line[column] >= low && line[column] <= high {
        let image = columns.lowerBound + column
        guard image != imageOfText[text] else { continue }
        if texts.cosine(text, images, image, worker.exact) >= textTargets[text] { beforeTexts[text] += 1 }
      }
    }
    for column in 0..<width where worker.hasUndecided(column) {
      let image = columns.lowerBound + column
      let (low, high) = (worker.low[column], worker.high[column])
      for (offset, text) in rows.enumerated() {
        let similarity = worker.similarities[offset * width + column]
        guard similarity >= low, similarity <= high, imageOfText[text] != image else { continue }
        if texts.cosine(text, images, image, worker.exact) >= imageTargets[image] {
          worker.before[column] += 1
        }
      }
    }
  }
}
