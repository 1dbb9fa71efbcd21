import CLIP

/// The image tower in training: images (B, 3, S, S) to embeddings (B, E), not normalized.
public struct VisionNetwork {
  private let tower: Tower

  private enum Tower {
    case trunk(PooledTrunkLayers)
    case transformer(PatchLayers)
  }

  /// Takes the tower's parameters. Throws ``TrainingError``.
  public init(_ store: ParameterStore) throws {
    tower =
      if let trunk = store.configuration.vision.pooledTrunk {
        .trunk(try PooledTrunkLayers(store, trunk))
      } else {
        .transformer(try PatchLayers(store))
      }
  }

  /// Embeds images that are normalised as the model's preprocessing says.
  ///
  /// Images of another side than the model's may be given, as multiples of its patches, for a trunk alone of any: learning
  /// begins faster on small ones. Positions are then interpolated. Throws ``TorchError`` and
  /// ``TrainingError/unusableBatch(reason:)``.
  public func callAsFunction(_ images: Tensor, _ pass: ForwardPass = ForwardPass()) throws -> Tensor {
    let shape = images.shape
    guard shape.count == 4, shape[0] > 0, shape[1] == 3, shape[2] > 0, shape[2] == shape[3] else {
      throw TrainingError.unusableBatch(
        reason: "a batch of images has the shape \(shape), and not [B, 3, S, S]")
    }
    // Convolutions are faster on pixels whose channels lie together.
    let images = try images.channelsLast()
    switch tower {
    case .trunk(let layers): return try layers(images, pass)
    case .transformer(let layers): return try layers(images, pass)
    }
  }
}
