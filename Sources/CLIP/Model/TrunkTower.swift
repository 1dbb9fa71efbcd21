import Compute

/// An image tower that is a convolutional trunk alone: its map, averaged over all cells → the common space.
final class TrunkTower: Sendable {
  private let trunk: TrunkEncoder
  private let projection: Projection

  private enum Projection: Sendable {
    case linear(Linear)
    case mlp(expansion: Linear, contraction: Linear)
  }

  init(_ shape: ConvolutionalTrunk, _ parameters: Parameters, of whole: CLIPConfiguration) throws {
    trunk = try TrunkEncoder(shape, parameters, imageSize: whole.vision.imageSize)
    let width = whole.embeddingWidth
    func layer(_ name: String, inputs: Int, outputs: Int, hasBias: Bool) throws -> Linear {
      // A row an image: in f32 whatever the precision.
      try Linear(
        matrices: [parameters.matrix("\(name).weight", outputs, inputs)],
        biases: hasBias ? [parameters.vector("\(name).bias", outputs)] : [], precision: .float32)
    }
    let names = ImageProjectionNames.self
    switch shape.projection {
    case .linear:
      projection = .linear(
        try layer(
          names.linear, inputs: shape.channels, outputs: width, hasBias: shape.hasProjectionBias))
    case .mlp:
      projection = .mlp(
        expansion: try layer(names.expansion, inputs: shape.channels, outputs: 2 * width, hasBias: true),
        contraction: try layer(
          names.contraction, inputs: 2 * width, outputs: width, hasBias: shape.hasProjectionBias))
    }
  }

  /// The memory for one pass with at most `images` images.
  final class Space: Sendable {
    fileprivate let trunk: TrunkEncoder.Space
    fileprivate let averages: Operand
    fileprivate let hidden: Operand?

    init(_ tower: TrunkTower, images: Int, precision: Precision, members: Int) throws {
      trunk = try TrunkEncoder.Space(tower.trunk, precision: precision, members: members)
      averages = try Operand(rows: images, columns: tower.trunk.channels, precision: .float32)
      switch tower.projection {
      case .linear: hidden = nil
      case .mlp(let expansion, _):
        hidden = try Operand(rows: images, columns: expansion.outputs, precision: .float32)
      }
    }
  }

  /// The map of each image; see ``VisionTower/grids(_:table:_:_:to:)``.
  func grids(
    _ images: [PreparedImage], table: PixelNormalization, _ space: Space, _ context: Context,
    to grids: UnsafeMutablePointer<Float>
  ) throws {
    let count = trunk.mapSide * trunk.mapSide * trunk.channels
    for (index, image) in images.enumerated() {
      let map = try trunk.apply(image, table, space.trunk, context)
      (grids + index * count).update(from: map, count: count)
    }
  }

  /// Embeds images that fit the workspace; see ``VisionTower/embed(_:table:_:_:to:)``.
  func embed(
    _ images: [PreparedImage], table: PixelNormalization, _ space: Space, _ context: Context,
    to embeddings: UnsafeMutablePointer<Float>
  ) throws {
    let averages = space.averages
    for (index, image) in images.enumerated() {
      let map = try trunk.apply(image, table, space.trunk, context)
      trunk.average(map, to: averages.floats + index * averages.columns)
    }
    try project(images.count, space, context, to: embeddings)
  }

  /// Embeds images whose grids are there.
  ///
  /// - Parameter grids: as ``grids(_:table:_:_:to:)`` has written them.
  func embed(
    grids: UnsafePointer<Float>, count: Int, _ space: Space, _ context: Context,
    to embeddings: UnsafeMutablePointer<Float>
  ) throws {
    let size = trunk.mapSide * trunk.mapSide * trunk.channels
    let averages = space.averages
    for index in 0..<count {
      trunk.average(grids + index * size, to: averages.floats + index * averages.columns)
    }
    try project(count, space, context, to: embeddings)
  }

  /// Projects the averages of some images.
  private func project(
    _ count: Int, _ space: Space, _ context: Context, to embeddings: UnsafeMutablePointer<Float>
  ) throws {
    let averages = space.averages
    switch projection {
    case .linear(let matrix):
      try matrix.apply(
        averages, rows: count, to: embeddings, stride: matrix.outputs, context: context)
    case .mlp(let expansion, let contraction):
      guard let hidden = space.hidden else { return }
      try expansion.apply(
        averages, rows: count, to: hidden.floats, stride: expansion.outputs, epilogue: .gelu,
        context: context)
      try contraction.apply(
        hidden, rows: count, to: embeddings, stride: contraction.outputs, context: context)
    }
  }
}
