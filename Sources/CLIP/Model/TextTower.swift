import Compute
import Synchronization

/// The text tower: tokens → transformer → the end of text's row → the common space.
///
/// Captions are packed end to end, so a batch costs its real tokens and no padding.
final class TextTower: Sendable {
  let configuration: TextConfiguration
  private let tokens: Matrix
  /// What widens the rows of the table, where they are narrower than the tower.
  private let widening: Linear?
  private let positions: Vector
  private let transformer: TransformerStack
  private let finalNorm: LayerNorm
  private let projection: Linear
  /// Texts whose tokens were gathered.
  private let gathered = Atomic<Int>(0)

  init(_ parameters: Parameters, of whole: CLIPConfiguration, pool: ThreadPool) throws {
    let text = whole.text
    let shape = text.transformer
    configuration = text
    let name = "text_model"
    let rank = text.embeddingRank
    tokens = try parameters.matrix(TokenNames.table, text.vocabularySize, rank ?? shape.width)
    widening = try rank.map { rank in
      // A hundredth of the work: in f32 whatever the precision of the rest.
      try Linear(matrices: [parameters.matrix(TokenNames.widening, shape.width, rank)], precision: .float32)
    }
    positions = try Vector(
      parameters.matrix("\(name).embeddings.position_embedding.weight", text.contextLength, shape.width))
    transformer = try TransformerStack(
      parameters, name, shape, isCausal: text.attention == .causal, pool: pool)
    finalNorm = try LayerNorm(
      parameters, "\(name).final_layer_norm", shape.width, epsilon: shape.layerNormEpsilon)
    projection = try Linear(
      matrices: [parameters.matrix("text_projection.weight", whole.embeddingWidth, shape.width)],
      precision: .float32)
  }

  /// How many tokens of a text matter: those up to its end. What follows is not seen from there.
  ///
  /// - Throws: ``ModelError/unusableText(reason:)`` when an id has no embedding, the text is too long, or it has no
  ///   end.
  func tokensThatMatter(_ ids: [Int32]) throws -> Int {
    if let stray = ids.first(where: { $0 < 0 || Int($0) >= configuration.vocabularySize }) {
      throw ModelError.unusableText(
        reason: "token id \(stray) is not below the model's vocabulary of \(configuration.vocabularySize); "
          + "use the tokenizer that belongs to the model")
    }
    let end: Int?
    switch configuration.endOfText {
    case .highestID: end = ids.indices.max { (ids[$0], -$0) < (ids[$1], -$1) }
    case .firstID(let id): end = ids.firstIndex { Int($0) == id }
    }
    guard let end else {
      throw ModelError.unusableText(
        reason: "it has no end-of-text token; use the tokenizer that belongs to the model")
    }
    guard end < configuration.contextLength else {
      throw ModelError.unusableText(
        reason: "it has more than \(configuration.contextLength) tokens; cut it to that length")
    }
    return end + 1
  }

  /// The memory for one pass with at most `rows` tokens and `texts` texts.
  final class Space: Sendable {
    let transformer: Workspace
    let pooled: Operand
    /// Rows of a table that is narrower than the tower.
    let narrow: Operand?

    init(_ tower: TextTower, rows: Int, texts: Int, precision: Precision, members: Int) throws {
      transformer = try Workspace(
        rows: rows, length: tower.configuration.contextLength, step: 16,
        shape: tower.configuration.transformer,
        precision: precision, members: members)
      pooled = try Operand(
        rows: texts, columns: tower.configuration.transformer.width, precision: .float32)
      let capacity = transformer.capacity
      narrow = try tower.widening.map {
        try Operand(rows: capacity, columns: $0.inputs, precision: .float32)
      }
    }
  }

  /// Embeds texts that fit the workspace.
  ///
  /// - Parameters:
  ///   - texts: The ids of each text, up to its end.
  ///   - embeddings: Where the rows go, `embeddingWidth` numbers each, not normalised.
  func embed(
    _ texts: [ArraySlice<Int32>], _ space: Space, _ context: Context,
    to embeddings: UnsafeMutablePointer<Float>
  ) throws {
    let stream = space.transformer
    let width = stream.width
    var batch = SequenceBatch()
    for text in texts { batch.append(length: text.count, chosen: text.count - 1) }
    if let widening, let narrow = space.narrow {
      context.pool.split(texts.count) { range in
        for index in range {
          gather(texts[index], to: narrow.floats + batch.sequences[index].lowerBound * tokens.columns)
        }
      }
      try widening.apply(
        narrow, rows: stream.rounded(batch.rowCount), to: stream.residual, stride: width, context: context)
    }
    context.pool.split(texts.count) { range in
      for index in range {
        let to = stream.residual + batch.sequences[index].lowerBound * width
        if widening == nil { gather(texts[index], to: to) }
        Kernels.best.add(positions.numbers, count: texts[index].count * width, to: to)
      }
    }
    try transformer.apply(batch, stream, context)
    finalNorm.apply(stream.residual, rows: 0..<texts.count, to: space.pooled.floats)
    try projection.apply(
      space.pooled, rows: texts.count, to: embeddings, stride: projection.outputs, context: context)
  }

  /// Copies the table's rows of some tokens, one behind the other.
  ///
  /// A mapped table is given back after every few texts: each token maps its page and that page's neighbours, and memory would
  /// grow with the different words of a corpus.
  private func gather(_ ids: ArraySlice<Int32>, to destination: UnsafeMutablePointer<Float>) {
    for (position, id) in ids.enumerated() {
      tokens.copyRows(Int(id)..<(Int(id) + 1), to: destination + position * tokens.columns)
    }
    let texts = gathered.add(1, ordering: .relaxed).newValue
    if texts % Self.textsBetweenReleases == 0, tokens.byteCount >= Self.largeTable {
      tokens.releaseRows(0..<tokens.rows)
    }
  }

  private static let textsBetweenReleases = 32
  /// Bytes of a token embedding that is worth it.
  private static let largeTable = 16 << 20
}
