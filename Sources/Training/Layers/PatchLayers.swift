import CLIP

/// Patches of images, or of the maps that convolutions make of them, through a transformer: (B, 3, S, S) to (B, E).
struct PatchLayers {
  private let torch: Torch
  private let configuration: VisionConfiguration
  private let stem: StemLayers
  private let trunk: TrunkLayers?
  private let patches: Tensor
  private let classToken: Tensor
  private let positions: Tensor
  private let preNorm: LayerNormLayer
  private let layers: TransformerLayers
  private let postNorm: LayerNormLayer
  private let projection: Tensor

  init(_ store: ParameterStore) throws {
    torch = store.torch
    configuration = store.configuration.vision
    let epsilon = configuration.transformer.layerNormEpsilon
    let name = "vision_model"
    stem = try StemLayers(store, configuration)
    trunk = try configuration.trunk.map { try TrunkLayers(store, $0) }
    patches = try store("\(name).embeddings.patch_embedding.weight")
    classToken = try store("\(name).embeddings.class_embedding")
    positions = try store("\(name).embeddings.position_embedding.weight")
    preNorm = try LayerNormLayer(store, "\(name).pre_layrnorm", epsilon: epsilon)
    layers = try TransformerLayers(store, name, configuration.transformer)
    postNorm = try LayerNormLayer(store, "\(name).post_layernorm", epsilon: epsilon)
    projection = try store("visual_projection.weight")
  }

  func callAsFunction(_ images: Tensor, _ pass: ForwardPass) throws -> Tensor {
    let (count, side) = (images.shape[0], images.shape[2])
    let width = configuration.transformer.width
    guard side % configuration.patchSize == 0 else {
      throw TrainingError.unusableBatch(
        reason:
          "images of \(side) × \(side) pixels cannot be cut into patches of \(configuration.patchSize); "
          + "choose a multiple of it")
    }
    let cellCount = side / configuration.patchSize
    let length = cellCount * cellCount + 1
    let maps = try trunk?(images, pass) ?? stem(images, pass)
    let kernel = patches.shape[2]
    let cells = try maps.convolution(patches, stride: kernel)
      .permuted([0, 2, 3, 1]).reshaped([count, length - 1, width])
    let first = try classToken.reshaped([1, 1, width]).expanded([count, 1, width])
    let tokens = try torch.concatenated([first, cells], 1) + positions(cellCount)
    let layout = try SequenceLayout(images: count, length: length, torch: torch)
    let rows = try preNorm(tokens.reshaped([count * length, width]))
    return try postNorm(layers(rows, layout, pass)).linear(projection)
  }

  /// The position table for a square of so many cells a side: (cells² + 1, W).
  private func positions(_ cells: Int) throws -> Tensor {
    let own = configuration.imageSize / configuration.patchSize
    guard cells != own else { return positions }
    let weights = Self.interpolation(from: own, to: cells)
    let grid = try positions.slice(0, 1..<(own * own + 1))
    let interpolated = try torch.tensor(weights, [cells * cells, own * own]).matmul(grid)
    return try torch.concatenated([positions.slice(0, 0..<1), interpolated])
  }

  /// Bilinear interpolation between square grids whose corners' cells are centred, as a matrix.
  static func interpolation(from: Int, to: Int) -> [Float] {
    let line = (0..<to).map { place -> [(Int, Float)] in
      let x = max(0, (Float(place) + 0.5) * Float(from) / Float(to) - 0.5)
      let low = min(Int(x), from - 1)
      let share = x - Float(low)
      return [(low, 1 - share), (min(low + 1, from - 1), share)]
    }
    var matrix = [Float](repeating: 0, count: to * to * from * from)
    for (row, vertical) in line.enumerated() {
      for (column, horizontal) in line.enumerated() {
        for (y, a) in vertical {
          for (x, b) in horizontal { matrix[(row * to + column) * from * from + y * from + x] += a * b }
        }
      }
    }
    return matrix
  }
}
