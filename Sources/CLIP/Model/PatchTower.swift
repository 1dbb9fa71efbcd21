import Compute

/// An image tower of patches: a stem or a trunk, where there is one → patches → transformer → the class token's row → the
/// common space.
final class PatchTower: Sendable {
  let configuration: VisionConfiguration
  private let stem: ConvolutionalStem?
  private let trunk: TrunkEncoder?
  /// The patches of a trunk's map.
  private let cells: ImageWindows
  private let patchEmbedding: Linear
  private let classEmbedding: Vector
  private let positions: Vector
  private let preNorm: LayerNorm
  private let transformer: TransformerStack
  private let postNorm: LayerNorm
  private let projection: Linear

  init(_ parameters: Parameters, of whole: CLIPConfiguration, pool: ThreadPool) throws {
    let vision = whole.vision
    let shape = vision.transformer
    let patch = vision.patchKernel
    let channels = vision.patchChannels
    configuration = vision
    let name = "vision_model"
    stem = vision.stem.isEmpty ? nil : try ConvolutionalStem(parameters, of: vision)
    trunk = try vision.trunk.map { try TrunkEncoder($0, parameters, imageSize: vision.imageSize) }
    cells = ImageWindows(
      side: trunk?.mapSide ?? patch, channels: channels, kernel: patch, stride: patch)
    let kernels = try parameters.matrix(
      "\(name).embeddings.patch_embedding.weight", shape: [shape.width, channels, patch, patch],
      rows: shape.width, columns: channels * patch * patch)
    patchEmbedding = try Linear(
      matrices: [stem == nil && trunk == nil ? kernels : kernels.channelsLast(channels)],
      precision: parameters.precision,
      packing: parameters.packing)
    classEmbedding = try parameters.vector("\(name).embeddings.class_embedding", shape.width)
    positions = try Vector(
      parameters.matrix(
        "\(name).embeddings.position_embedding.weight", vision.patchCount + 1, shape.width))
    preNorm = try LayerNorm(
      parameters, "\(name).pre_layrnorm", shape.width, epsilon: shape.layerNormEpsilon)
    transformer = try TransformerStack(parameters, name, shape, isCausal: false, pool: pool)
    postNorm = try LayerNorm(
      parameters, "\(name).post_layernorm", shape.width, epsilon: shape.layerNormEpsilon)
    projection = try Linear(
      matrices: [parameters.matrix("visual_projection.weight", whole.embeddingWidth, shape.width)],
      precision: .float32)
  }

  /// Rows of the residual stream that an image takes.
  var rowsPerImage: Int { configuration.patchCount + 1 }

  /// The memory for one pass with at most `images` images.
  final class Space: Sendable {
    let transformer: Workspace
    let stem: ConvolutionalStem.Space?
    let trunk: TrunkEncoder.Space?
    let patches: Operand
    let pooled: Operand

    init(_ tower: PatchTower, images: Int, precision: Precision, members: Int) throws {
      let vision = tower.configuration
      transformer = try Workspace(
        rows: images * tower.rowsPerImage, length: tower.rowsPerImage, step: 1,
        shape: vision.transformer,
        precision: precision, members: members)
      stem = try tower.stem.map { try ConvolutionalStem.Space($0, members: members) }
      trunk = try tower.trunk.map { try TrunkEncoder.Space($0, precision: precision, members: members) }
      patches = try Operand(
        rows: images * vision.patchCount, columns: tower.patchEmbedding.inputs, precision: precision)
      pooled = try Operand(rows: images, columns: vision.transformer.width, precision: .float32)
    }
  }

  /// Embeds images that fit the workspace; see ``VisionTower/embed(_:table:_:_:to:)``.
  func embed(
    _ images: [PreparedImage], table: PixelNormalization, _ space: Space, _ context: Context,
    to embeddings: UnsafeMutablePointer<Float>
  ) throws {
    let stream = space.transformer
    try transformer.apply(tokens(images, table, space, context), stream, context)
    postNorm.apply(stream.residual, rows: 0..<images.count, to: space.pooled.floats)
    try projection.apply(
      space.pooled, rows: images.count, to: embeddings, stride: projection.outputs, context: context)
  }

  /// The patches' rows after the last block and the norm that follows it; see ``VisionTower/grids(_:table:_:_:to:)``.
  func grids(
    _ images: [PreparedImage], table: PixelNormalization, _ space: Space, _ context: Context,
    to grids: UnsafeMutablePointer<Float>
  ) throws {
    let stream = space.transformer
    let batch = try tokens(images, table, space, context)
    for block in transformer.blocks { try block.apply(batch, stream, context) }
    context.pool.split(batch.rowCount) { range in
      postNorm.apply(stream.residual, rows: range, to: stream.residual)
    }
    let count = configuration.patchCount * stream.width
    for (index, rows) in batch.sequences.enumerated() {
      // Behind the class token.
      (grids + index * count).update(
        from: stream.residual + (rows.lowerBound + 1) * stream.width, count: count)
    }
  }

  /// Fills the residual stream with what the first block reads.
  private func tokens(
    _ images: [PreparedImage], _ table: PixelNormalization, _ space: Space, _ context: Context
  ) throws -> SequenceBatch {
    let patches = configuration.patchCount
    let stream = space.transformer
    if let stem, let memory = space.stem {
      for (index, image) in images.enumerated() {
        try stem.apply(
          image, table, memory, context, to: space.patches.floats + index * patches * space.patches.columns)
      }
    } else if let trunk, let memory = space.trunk {
      for (index, image) in images.enumerated() {
        let map = try trunk.apply(image, table, memory, context)
        cells.gather(
          0..<patches, of: map, to: space.patches.floats + index * patches * space.patches.columns)
      }
    } else {
      cutPatches(images, table, space, context)
    }
    space.patches.seal(rows: images.count * patches, context: context)
    // Attention's memory is free until the first block.
    try patchEmbedding.apply(
      space.patches, rows: images.count * patches, to: stream.queryKeyValue, stride: stream.width,
      context: context)
    var batch = SequenceBatch()
    for _ in images { batch.append(length: rowsPerImage, chosen: 0) }
    context.pool.split(images.count) { range in
      for index in range { assemble(index, stream) }
    }
    context.pool.split(batch.rowCount) { range in
      preNorm.apply(stream.residual, rows: range, to: stream.residual)
    }
    return batch
  }

  private func cutPatches(
    _ images: [PreparedImage], _ normalization: PixelNormalization, _ space: Space, _ context: Context
  ) {
    let patches = configuration.patchCount
    let side = configuration.imageSize
    context.pool.split(images.count) { range in
      normalization.table.withUnsafeBufferPointer { table in
        for index in range {
          images[index].pixels.withUnsafeBufferPointer { pixels in
            guard let table = table.baseAddress, let pixels = pixels.baseAddress else { return }
            Kernels.best.cutPatches(
              pixels, height: side, width: side, patch: configuration.patchSize, table: table,
              to: space.patches.floats + index * patches * space.patches.columns)
          }
        }
      }
    }
  }

  /// Puts the class token and the patches of one image into the residual stream, with their positions.
  private func assemble(_ index: Int, _ stream: Workspace) {
    let width = stream.width
    let patches = configuration.patchCount
    let to = stream.residual + index * rowsPerImage * width
    to.update(from: classEmbedding.numbers, count: width)
    (to + width).update(from: stream.queryKeyValue + index * patches * width, count: patches * width)
    Kernels.best.add(positions.numbers, count: rowsPerImage * width, to: to)
  }
}
