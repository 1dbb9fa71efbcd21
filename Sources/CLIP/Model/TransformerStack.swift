import Compute

/// The blocks of a tower, one after the other.
struct TransformerStack: Sendable {
  let blocks: [TransformerBlock]

  /// Builds the blocks, several at a time.
  init(
    _ parameters: Parameters, _ name: String, _ shape: TransformerConfiguration, isCausal: Bool, team: Team
  ) throws {
    guard shape.heads > 0, shape.width % shape.heads == 0 else {
      throw ModelError.impossibleConfiguration("\(shape.heads) heads do not divide a width of \(shape.width)")
    }
    let failures = FirstError()
    var built = [TransformerBlock?](repeating: nil, count: shape.layers)
    built.withUnsafeMutableBufferPointer { slots in
      // Every slot is written by one thread alone.
      nonisolated(unsafe) let slots = slots
      team.run { member in
        for layer in stride(from: member, to: shape.layers, by: team.count) {
          do {
            slots[layer] = try TransformerBlock(
              parameters, "\(name).layers.\(layer)", shape, isCausal: isCausal)
          } catch { failures.note(error) }
        }
      }
    }
    try failures.check()
    blocks = built.compactMap { $0 }
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
