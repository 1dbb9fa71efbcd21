import CLIP
import Compute

/// Captions of a batch of images in the making, word by word.
///
/// A row is a caption that has been begun; the rows of an image stand together. After each word ``keep(_:)`` says which rows go
/// on: some twice, as in a beam search, and some not at all.
package final class DecodingSession {
  /// How many words each row has, with the begin token.
  package private(set) var length = 0
  /// The image of each row, ascending.
  package private(set) var images: [Int]
  private let decoder: CaptionDecoder
  private let cells: Int
  /// The most rows, rounded up.
  private let capacity: Int
  /// (images · cells, 2 · width) of each block of the decoder.
  private let imageKeyValues: [AlignedBuffer]
  /// (rows, positions, 2 · width) of each layer.
  private var wordKeyValues: [AlignedBuffer]
  private var spare: AlignedBuffer
  private let residual: AlignedBuffer
  private let queries: AlignedBuffer
  private let normed: Operand
  private let attended: Operand
  private let hidden: Operand
  private let logits: AlignedBuffer
  private let scratch: [AlignedBuffer]
  private let attention: Attention

  private var shape: CaptionerConfiguration { decoder.configuration }
  /// Numbers of a row in the cache of words.
  private var cacheStride: Int { shape.positions * 2 * shape.width }
  /// Rows are rounded up, so that few different products are compiled.
  private static func rounded(_ rows: Int) -> Int { rows.roundedUp(toMultipleOf: 16) }

  /// Projects the images and computes their keys and values.
  ///
  /// - Parameters:
  ///   - features: (images, cells, channels), the encoder's grids.
  ///   - rows: the rows that each image begins with.
  ///   - mostRows: the most rows of all images together, after any ``keep(_:)``.
  /// - Throws: `ComputeError`.
  package init(
    _ decoder: CaptionDecoder, features: UnsafeBufferPointer<Float>, images count: Int, rows: Int,
    mostRows: Int
  ) throws {
    self.decoder = decoder
    let shape = decoder.configuration
    let width = shape.width
    cells = count > 0 ? features.count / shape.featureSize / count : 0
    let positions = count * cells
    images = (0..<count).flatMap { [Int](repeating: $0, count: rows) }
    capacity = Self.rounded(max(mostRows, images.count))
    let capacity = capacity
    func floats(_ count: Int) throws -> AlignedBuffer {
      let buffer = try AlignedBuffer(byteCount: 4 * count)
      buffer.start.initializeMemory(as: UInt8.self, repeating: 0, count: buffer.byteCount)
      return buffer
    }
    let heads = Attention(heads: shape.heads, headWidth: width / shape.heads, isCausal: false)
    attention = heads
    imageKeyValues = try Self.imageKeyValues(decoder, features, positions)
    let cache = capacity * shape.positions * 2 * width
    wordKeyValues = try (0..<shape.layers).map { _ in try floats(cache) }
    spare = try floats(cache)
    residual = try floats(capacity * width)
    queries = try floats(capacity * width)
    normed = try Operand(rows: capacity, columns: width, precision: decoder.precision)
    attended = try Operand(rows: capacity, columns: width, precision: decoder.precision)
    hidden = try Operand(rows: capacity, columns: shape.mlpWidth, precision: decoder.precision)
    logits = try floats(capacity * shape.vocabularySize)
    let longest = max(cells, shape.positions)
    scratch = try (0..<decoder.context.pool.count).map { _ in
      try AlignedBuffer(byteCount: 4 * heads.scratchCount(length: longest))
    }
  }

  /// `norm(features · W + b)`, and each block's keys and values of it.
  private static func imageKeyValues(
    _ decoder: CaptionDecoder, _ features: UnsafeBufferPointer<Float>, _ positions: Int
  ) throws -> [AlignedBuffer] {
    let (shape, context) = (decoder.configuration, decoder.context)
    let width = shape.width
    let rows = rounded(positions)
    let source = try Operand(rows: rows, columns: shape.featureSize, precision: decoder.precision)
    if let start = features.baseAddress {
      source.floats.update(from: start, count: positions * shape.featureSize)
    }
    source.seal(rows: positions, context: context)
    let projected = try Operand(rows: rows, columns: width, precision: decoder.precision)
    try decoder.projection.apply(source, rows: rows, to: projected.floats, stride: width, context: context)
    context.pool.split(positions) { range in
      decoder.featureNorm.apply(projected.floats, rows: range, to: projected.floats)
      projected.seal(range)
    }
    return try stride(from: 0, to: shape.layers, by: shape.sharing).map { layer in
      let buffer = try AlignedBuffer(byteCount: 4 * rows * 2 * width)
      try decoder.layers[layer].products.crossKeyValue.apply(
        projected, rows: rows, to: buffer.bound(to: Float.self), stride: 2 * width, context: context)
      return buffer
    }
  }

  /// Takes the next word of each row, and gives the logits of the word after it: (rows, vocabulary), valid until the next call.
  ///
  /// - Throws: `ComputeError`.
  package func step(_ words: [Int32]) throws -> UnsafeMutableBufferPointer<Float> {
    precondition(words.count == images.count && length < shape.positions)
    let (shape, context) = (shape, decoder.context)
    let (count, width, position) = (words.count, shape.width, length)
    let rows = min(capacity, Self.rounded(count))
    let stream = residual.bound(to: Float.self)
    for (row, word) in words.enumerated() { decoder.embed(word, at: position, to: stream + row * width) }
    let asked = queries.bound(to: Float.self)
    for (index, layer) in decoder.layers.enumerated() {
      let products = layer.products
      normalize(layer.selfNorm, count)
      try products.queryKeyValue.apply(
        normed, rows: rows, columns: 0..<width, to: asked, stride: width, context: context)
      let cache = wordKeyValues[index].bound(to: Float.self)
      try products.queryKeyValue.apply(
        normed, rows: rows, columns: width..<(3 * width), to: cache + position * 2 * width,
        stride: cacheStride,
        context: context)
      attendToWords(cache, count)
      try add(products.selfOutput, attended, count, rows)

      normalize(layer.crossNorm, count)
      try products.crossQuery.apply(normed, rows: rows, to: asked, stride: width, context: context)
      attendToImages(imageKeyValues[index / shape.sharing].bound(to: Float.self))
      try add(products.crossOutput, attended, count, rows)

      normalize(layer.mlpNorm, count)
      try products.expansion.apply(
        normed, rows: rows, to: hidden.floats, stride: shape.mlpWidth, epilogue: .gelu, context: context)
      try add(products.contraction, hidden, count, rows)
    }
    normalize(decoder.finalNorm, count)
    let result = logits.bound(to: Float.self)
    try decoder.output.apply(normed, rows: rows, to: result, stride: shape.vocabularySize, context: context)
    length += 1
    return UnsafeMutableBufferPointer(start: result, count: count * shape.vocabularySize)
  }

  /// Goes on with other rows: row `i` is from now on what row `parents[i]` was. The rows of an image must stay together.
  package func keep(_ parents: [Int]) {
    precondition(parents.count <= capacity)
    let stays = parents.enumerated().allSatisfy { $0 == $1 }
    images = parents.map { images[$0] }
    guard !stays else { return }
    let used = length * 2 * shape.width
    for index in wordKeyValues.indices {
      let from = wordKeyValues[index].bound(to: Float.self)
      let to = spare.bound(to: Float.self)
      for (row, parent) in parents.enumerated() {
        (to + row * cacheStride).update(from: from + parent * cacheStride, count: used)
      }
      swap(&wordKeyValues[index], &spare)
    }
  }

  private func normalize(_ norm: LayerNorm, _ count: Int) {
    let stream = residual.bound(to: Float.self)
    decoder.context.pool.split(count) { range in
      norm.apply(stream, rows: range, to: normed.floats)
      normed.seal(range)
    }
  }

  private func add(_ product: Linear, _ source: Operand, _ count: Int, _ rows: Int) throws {
    source.seal(rows: count, context: decoder.context)
    try product.apply(
      source, rows: rows, to: residual.bound(to: Float.self), stride: shape.width, epilogue: .add,
      context: decoder.context)
  }

  /// Every row asks its own words.
  private func attendToWords(_ cache: UnsafeMutablePointer<Float>, _ count: Int) {
    let width = shape.width
    attend(count) { row in
      let keys = cache + row * cacheStride
      return Attention.Sequence(
        queries: queries.bound(to: Float.self) + row * width, queryStride: width, queryCount: 1,
        firstQuery: 0,
        keys: keys, values: keys + width, keyStride: 2 * width, length: length + 1,
        output: attended.floats + row * width, outputStride: width)
    }
  }

  /// The rows of an image ask its cells together.
  private func attendToImages(_ keyValues: UnsafeMutablePointer<Float>) {
    let width = shape.width
    var runs: [Range<Int>] = []
    for (row, image) in images.enumerated() {
      if let last = runs.last, images[last.lowerBound] == image {
        runs[runs.count - 1] = last.lowerBound..<(row + 1)
      } else {
        runs.append(row..<(row + 1))
      }
    }
    attend(runs.count) { index in
      let rows = runs[index]
      let keys = keyValues + images[rows.lowerBound] * cells * 2 * width
      return Attention.Sequence(
        queries: queries.bound(to: Float.self) + rows.lowerBound * width, queryStride: width,
        queryCount: rows.count, firstQuery: 0, keys: keys, values: keys + width, keyStride: 2 * width,
        length: cells, output: attended.floats + rows.lowerBound * width, outputStride: width)
    }
  }

  private func attend(_ count: Int, _ sequence: (Int) -> Attention.Sequence) {
    let pool = decoder.context.pool
    pool.run { member in
      let scratch = scratch[member].bound(to: Float.self)
      for task in pool.share(of: count * attention.heads, member: member) {
        attention.apply(
          sequence(task / attention.heads), head: task % attention.heads, scratch: scratch)
      }
    }
  }
}
