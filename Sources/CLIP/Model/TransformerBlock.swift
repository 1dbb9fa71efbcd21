import Compute

/// The products of a transformer block, which several layers may share; packed once, however many do.
struct BlockProducts: Sendable {
  /// Queries, keys and values side by side.
  let queryKeyValue: Linear
  let output: Linear
  let expansion: Linear
  let contraction: Linear

  init(_ parameters: Parameters, _ names: LayerNames, _ shape: TransformerConfiguration) throws {
    let width = shape.width
    queryKeyValue = try parameters.linear(
      names.queryKeyValue, inputs: width, outputs: width, hasBias: shape.hasQueryKeyValueBias)
    output = try parameters.linear([names.output], inputs: width, outputs: width)
    expansion = try parameters.linear([names.expansion], inputs: width, outputs: shape.mlpWidth)
    contraction = try parameters.linear([names.contraction], inputs: shape.mlpWidth, outputs: width)
  }
}

/// A pre-norm transformer block: `x += attention(norm(x))`, then `x += mlp(norm(x))`.
struct TransformerBlock: Sendable {
  let firstNorm: LayerNorm
  let secondNorm: LayerNorm
  let products: BlockProducts
  let attention: Attention
  /// What mixes the heads' attention, where they are mixed.
  let mixers: TalkingHeads?
  let activation: Epilogue

  init(
    _ parameters: Parameters, _ names: LayerNames, _ shape: TransformerConfiguration,
    products: BlockProducts, isCausal: Bool
  ) throws {
    let width = shape.width
    let heads = shape.heads
    firstNorm = try LayerNorm(parameters, names.firstNorm, width, epsilon: shape.layerNormEpsilon)
    secondNorm = try LayerNorm(parameters, names.secondNorm, width, epsilon: shape.layerNormEpsilon)
    self.products = products
    attention = Attention(heads: heads, headWidth: width / heads, isCausal: isCausal)
    mixers =
      shape.talkingHeads
      ? try TalkingHeads(
        scores: parameters.matrix(names.scoreMix, heads, heads),
        probabilities: parameters.matrix(names.probabilityMix, heads, heads)) : nil
    activation = shape.activation == .quickGELU ? .quickGELU : .gelu
  }

  /// Runs the block over every row.
  func apply(_ batch: SequenceBatch, _ space: Workspace, _ context: Context) throws {
    let rows = batch.rowCount
    let width = space.width
    normalize(firstNorm, rows, space, context)
    try products.queryKeyValue.apply(
      space.normed, rows: space.rounded(rows), to: space.queryKeyValue, stride: 3 * width, context: context)
    attend(batch.sequences.count, space, context) { index in
      let rows = batch.sequences[index]
      let first = space.queryKeyValue + rows.lowerBound * 3 * width
      return Attention.Sequence(
        queries: first, queryStride: 3 * width, queryCount: rows.count, firstQuery: 0, keys: first + width,
        values: first + 2 * width, keyStride: 3 * width, length: rows.count,
        output: space.attended.floats + rows.lowerBound * width, outputStride: width)
    }
    try finish(rows, space, context)
  }

  /// Runs the block for the batch's chosen rows alone: every row is asked, but only those ask.
  ///
  /// Afterwards the first rows of the workspace are the chosen ones, in order.
  func applyToChosen(_ batch: SequenceBatch, _ space: Workspace, _ context: Context) throws {
    let rows = batch.rowCount
    let width = space.width
    let count = batch.chosen.count
    normalize(firstNorm, rows, space, context)
    try products.queryKeyValue.apply(
      space.normed, rows: space.rounded(rows), columns: width..<(3 * width), to: space.queryKeyValue + width,
      stride: 3 * width, context: context)
    space.keepRows(batch.chosen)
    space.normed.seal(rows: count, context: context)
    // The first rows of the memory for queries take those of the chosen rows.
    let queries = space.queryKeyValue
    try products.queryKeyValue.apply(
      space.normed, rows: space.rounded(count), columns: 0..<width, to: queries, stride: 3 * width,
      context: context)
    attend(count, space, context) { index in
      let rows = batch.sequences[index]
      let first = space.queryKeyValue + rows.lowerBound * 3 * width
      let position = batch.chosen[index] - rows.lowerBound
      return Attention.Sequence(
        queries: queries + index * 3 * width, queryStride: 3 * width, queryCount: 1, firstQuery: position,
        keys: first + width, values: first + 2 * width, keyStride: 3 * width,
        length: attention.isCausal ? position + 1 : rows.count,
        output: space.attended.floats + index * width, outputStride: width)
    }
    try finish(count, space, context)
  }

  private func normalize(_ norm: LayerNorm, _ rows: Int, _ space: Workspace, _ context: Context) {
    context.pool.split(rows) { range in
      norm.apply(space.residual, rows: range, to: space.normed.floats)
      space.normed.seal(range)
    }
  }

  private func attend(
    _ count: Int, _ space: Workspace, _ context: Context, _ sequence: (Int) -> Attention.Sequence
  ) {
    if let mixers { return attendTalkingHeads(mixers, count, space, context, sequence) }
    let heads = attention.heads
    context.pool.run { member in
      let scratch = space.attentionScratch(member)
      for task in context.pool.share(of: count * heads, member: member) {
        attention.apply(sequence(task / heads), head: task % heads, scratch: scratch)
      }
    }
  }

  /// Talking heads belong together, so that the members share the rows and not the heads.
  private func attendTalkingHeads(
    _ mixers: TalkingHeads, _ count: Int, _ space: Workspace, _ context: Context,
    _ sequence: (Int) -> Attention.Sequence
  ) {
    let total = (0..<count).reduce(0) { $0 + sequence($1).queryCount }
    context.pool.run { member in
      let scratch = space.attentionScratch(member)
      let share = context.pool.share(of: total, member: member)
      var first = 0
      for index in 0..<count {
        let whole = sequence(index)
        let rows = share.clamped(to: first..<(first + whole.queryCount))
        if !rows.isEmpty {
          let queries = (rows.lowerBound - first)..<(rows.upperBound - first)
          attention.apply(whole.asked(by: queries), mixers: mixers, scratch: scratch)
        }
        first += whole.queryCount
      }
    }
  }

  /// What follows attention: its projection, and the MLP.
  private func finish(_ rows: Int, _ space: Workspace, _ context: Context) throws {
    let width = space.width
    space.attended.seal(rows: rows, context: context)
    try products.output.apply(
      space.attended, rows: space.rounded(rows), to: space.residual, stride: width, epilogue: .add,
      context: context)
    normalize(secondNorm, rows, space, context)
    try products.expansion.apply(
      space.normed, rows: space.rounded(rows), to: space.hidden.floats, stride: products.expansion.outputs,
      epilogue: activation, context: context)
    space.hidden.seal(rows: rows, context: context)
    try products.contraction.apply(
      space.hidden, rows: space.rounded(rows), to: space.residual, stride: width, epilogue: .add,
      context: context)
  }
}
