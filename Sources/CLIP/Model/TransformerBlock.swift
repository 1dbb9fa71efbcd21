import Compute

/// A pre-norm transformer block: `x += attention(norm(x))`, then `x += mlp(norm(x))`.
struct TransformerBlock: Sendable {
  let firstNorm: LayerNorm
  /// Queries, keys and values side by side.
  let queryKeyValue: Linear
  let output: Linear
  let secondNorm: LayerNorm
  let expansion: Linear
  let contraction: Linear
  let attention: Attention
  let activation: Epilogue

  init(_ parameters: Parameters, _ name: String, _ shape: TransformerConfiguration, isCausal: Bool) throws {
    let width = shape.width
    firstNorm = try LayerNorm(
      parameters, "\(name).layer_norm1", width, epsilon: shape.layerNormEpsilon)
    queryKeyValue = try parameters.linear(
      ["q_proj", "k_proj", "v_proj"].map { "\(name).self_attn.\($0)" }, inputs: width, outputs: width)
    output = try parameters.linear(["\(name).self_attn.out_proj"], inputs: width, outputs: width)
    secondNorm = try LayerNorm(
      parameters, "\(name).layer_norm2", width, epsilon: shape.layerNormEpsilon)
    expansion = try parameters.linear(["\(name).mlp.fc1"], inputs: width, outputs: shape.mlpWidth)
    contraction = try parameters.linear(["\(name).mlp.fc2"], inputs: shape.mlpWidth, outputs: width)
    attention = Attention(heads: shape.heads, headWidth: width / shape.heads, isCausal: isCausal)
    activation = shape.activation == .quickGELU ? .quickGELU : .gelu
  }

  /// Runs the block over every row.
  func apply(_ batch: SequenceBatch, _ space: Workspace, _ context: Context) throws {
    let rows = batch.rowCount
    let width = space.width
    normalize(firstNorm, rows, space, context)
    try queryKeyValue.apply(
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
    try queryKeyValue.apply(
      space.normed, rows: space.rounded(rows), columns: width..<(3 * width), to: space.queryKeyValue + width,
      stride: 3 * width, context: context)
    space.keepRows(batch.chosen)
    space.normed.seal(rows: count, context: context)
    // The first rows of the memory for queries take those of the chosen rows.
    let queries = space.queryKeyValue
    try queryKeyValue.apply(
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
    context.team.split(rows) { range in
      norm.apply(space.residual, rows: range, to: space.normed.floats)
      space.normed.seal(range)
    }
  }

  private func attend(
    _ count: Int, _ space: Workspace, _ context: Context, _ sequence: (Int) -> Attention.Sequence
  ) {
    let heads = attention.heads
    context.team.run { member in
      let scratch = space.attentionScratch(member)
      for task in context.team.share(of: count * heads, member: member) {
        attention.apply(sequence(task / heads), head: task % heads, scratch: scratch)
      }
    }
  }

  /// What follows attention: its projection, and the MLP.
  private func finish(_ rows: Int, _ space: Workspace, _ context: Context) throws {
    let width = space.width
    space.attended.seal(rows: rows, context: context)
    try output.apply(
      space.attended, rows: space.rounded(rows), to: space.residual, stride: width, epilogue: .add,
      context: context)
    normalize(secondNorm, rows, space, context)
    try expansion.apply(
      space.normed, rows: space.rounded(rows), to: space.hidden.floats, stride: expansion.outputs,
      epilogue: activation, context: context)
    space.hidden.seal(rows: rows, context: context)
    try contraction.apply(
      space.hidden, rows: space.rounded(rows), to: space.residual, stride: width, epilogue: .add,
      context: context)
  }
}
