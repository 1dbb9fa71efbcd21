import CLIP

/// The image tower in training: pictures (B, 3, S, S) to rows of the common space (B, E), not normalised.
public struct VisionNetwork {
  private let torch: Torch
  private let configuration: VisionConfiguration
  private let stem: StemLayers
  private let patches: Tensor
  private let classToken: Tensor
  private let positions: Tensor
  private let preNorm: LayerNormLayer
  private let layers: TransformerLayers
  private let postNorm: LayerNormLayer
  private let projection: Tensor

  /// Takes the tower's parameters. Throws ``LearningError``.
  public init(_ store: ParameterStore) throws {
    torch = store.torch
    configuration = store.configuration.vision
    let epsilon = configuration.transformer.layerNormEpsilon
    let name = "vision_model"
    stem = try StemLayers(store, configuration)
    patches = try store("\(name).embeddings.patch_embedding.weight")
    classToken = try store("\(name).embeddings.class_embedding")
    positions = try store("\(name).embeddings.position_embedding.weight")
    preNorm = try LayerNormLayer(store, "\(name).pre_layrnorm", epsilon: epsilon)
    layers = try TransformerLayers(store, name, configuration.transformer)
    postNorm = try LayerNormLayer(store, "\(name).post_layernorm", epsilon: epsilon)
    projection = try store("visual_projection.weight")
  }

  /// Embeds pictures that are normalised as the model's preprocessing says. Throws ``TorchError``.
  public func callAsFunction(_ pictures: Tensor, _ pass: ForwardPass = ForwardPass()) throws -> Tensor {
    let count = pictures.shape[0]
    let width = configuration.transformer.width
    let length = configuration.patchCount + 1
    let maps = try stem(pictures.channelsLast())
    let kernel = patches.shape[2]
    let cells = try maps.convolution(patches, stride: kernel)
      .permuted([0, 2, 3, 1]).reshaped([count, length - 1, width])
    let first = try classToken.reshaped([1, 1, width]).expanded([count, 1, width])
    let tokens = try torch.concatenated([first, cells], 1) + positions
    let layout = try SequenceLayout(pictures: count, length: length, torch: torch)
    let rows = try preNorm(tokens.reshaped([count * length, width]))
    return try postNorm(layers(rows, layout, pass)).linear(projection)
  }
}
