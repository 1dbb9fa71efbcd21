import Compute

/// The blocks of a tower, one after the other.
struct TransformerStack: Sendable {
  let blocks: [TransformerBlock]

  /// Builds the blocks, several at a time; the products that layers share are there once.
  init(
    _ parameters: Parameters, _ name: String, _ shape: TransformerConfiguration, isCausal: Bool,
    pool: ThreadPool
  ) throws {
    guard shape.heads > 0, shape.width % shape.heads == 0 else {
      throw ModelError.impossibleConfiguration("\(shape.heads) heads do not divide a width of \(shape.width)")
    }
    guard shape.sharing > 0, shape.layers >= 0, shape.layers % shape.sharing == 0 else {
      throw ModelError.impossibleConfiguration(
        "blocks of \(shape.sharing) layers do not divide \(shape.layers)")
    }
    let names = (0..<shape.layers).map { LayerNames(tower: name, layer: $0, sharing: shape.sharing) }
    let failures = FirstError()
    var built = [BlockProducts?](repeating: nil, count: shape.blocks)
    built.withUnsafeMutableBufferPointer { slots in
      // Every slot is written by one thread alone.
      nonisolated(unsafe) let slots = slots
      pool.run { member in
        for block in stride(from: member, to: shape.blocks, by: pool.count) {
          do {
            slots[block] = try BlockProducts(parameters, names[block * shape.sharing], shape)
          } catch { failures.note(error) }
        }
      }
    }
    try failures.check()
    let products = built.compactMap { $0 }
    blocks = try names.enumerated().map { layer, names in
      try TransformerBlock(
        parameters, names, shape, products: products[layer / shape.sharing], isCausal: isCausal)
    }
  }

  /// Runs a batch through the blocks. The last computes only the chosen rows, which then are the first of the
  /// workspace: nobody reads the others.
  func apply(_ batch: SequenceBatch, _ space: Workspace, _ context: Context) throws {
    for block in blocks.dropLast() { try block.apply(batch, space, context) }
    if let last = blocks.last {
      try last.applyToChosen(batch, space, context)
    } else {
      space.keepRows(batch.chosen)
    }
  }
}
