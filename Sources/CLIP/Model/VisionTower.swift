import Compute

/// The image tower, of either kind: patches and a transformer, or a convolutional trunk alone.
final class VisionTower: Sendable {
  let configuration: VisionConfiguration
  private let kind: Kind

  private enum Kind: Sendable {
    case patches(PatchTower)
    case trunk(TrunkTower)
  }

  init(_ parameters: Parameters, of whole: CLIPConfiguration, pool: ThreadPool) throws {
    configuration = whole.vision
    kind =
      if let trunk = configuration.pooledTrunk {
        .trunk(try TrunkTower(trunk, parameters, of: whole))
      } else {
        .patches(try PatchTower(parameters, of: whole, pool: pool))
      }
  }

  /// Rows that an image takes where they are most: of the residual stream, or cells of the map.
  var rowsPerImage: Int { configuration.patchCount + 1 }

  /// The memory for one pass with at most `images` images.
  final class Space: Sendable {
    fileprivate let kind: Kind

    fileprivate enum Kind: Sendable {
      case patches(PatchTower.Space)
      case trunk(TrunkTower.Space)
    }

    init(_ tower: VisionTower, images: Int, precision: Precision, members: Int) throws {
      kind =
        switch tower.kind {
        case .patches(let tower):
          .patches(try PatchTower.Space(tower, images: images, precision: precision, members: members))
        case .trunk(let tower):
          .trunk(try TrunkTower.Space(tower, images: images, precision: precision, members: members))
        }
    }
  }

  /// Embeds images that fit the workspace.
  ///
  /// - Parameters:
  ///   - table: How bytes become numbers.
  ///   - embeddings: Where the rows go, `embeddingWidth` numbers each, not normalised.
  func embed(
    _ images: [PreparedImage], table: PixelNormalization, _ space: Space, _ context: Context,
    to embeddings: UnsafeMutablePointer<Float>
  ) throws {
    switch (kind, space.kind) {
    case (.patches(let tower), .patches(let space)):
      try tower.embed(images, table: table, space, context, to: embeddings)
    case (.trunk(let tower), .trunk(let space)):
      try tower.embed(images, table: table, space, context, to: embeddings)
    // A space is made for its tower.
    default: break
    }
  }

  /// Computes the grids of images that fit the workspace, ``VisionConfiguration/grid``: what is there before pooling.
  ///
  /// - Parameter grids: Where they go, one behind the other, the channels of a cell together.
  func grids(
    _ images: [PreparedImage], table: PixelNormalization, _ space: Space, _ context: Context,
    to grids: UnsafeMutablePointer<Float>
  ) throws {
    switch (kind, space.kind) {
    case (.patches(let tower), .patches(let space)):
      try tower.grids(images, table: table, space, context, to: grids)
    case (.trunk(let tower), .trunk(let space)):
      try tower.grids(images, table: table, space, context, to: grids)
    default: break
    }
  }

  /// Embeds images whose grids are there; only a trunk that stands alone does, whose embedding follows from its grid.
  func embed(
    grids: UnsafePointer<Float>, count: Int, _ space: Space, _ context: Context,
    to embeddings: UnsafeMutablePointer<Float>
  ) throws {
    guard case .trunk(let tower) = kind, case .trunk(let space) = space.kind else { return }
    try tower.embed(grids: grids, count: count, space, context, to: embeddings)
  }

  /// Whether an image has the size that the tower takes.
  func check(_ image: PreparedImage) throws {
    let side = configuration.imageSize
    guard image.height == side, image.width == side, image.pixels.count == side * side * 3 else {
      throw ModelError.wrongImageSize(expected: side, height: image.height, width: image.width)
    }
  }
}
