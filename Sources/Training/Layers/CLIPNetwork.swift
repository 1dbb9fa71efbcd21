public import CLIP

/// A CLIP model in training: both towers, and the factor that turns cosines into logits.
public final class CLIPNetwork {
  /// The parameters by their checkpoint's names.
  public let parameters: ParameterStore
  /// The image tower.
  public let vision: VisionNetwork
  /// The text tower.
  public let text: TextNetwork
  /// The logarithm of the factor.
  public let logitScale: Tensor

  /// Puts a checkpoint's parameters on the device of `torch`. Throws ``TrainingError`` and ``TorchError``.
  ///
  /// - Parameters:
  ///   - lora: how the text tower's linear layers change, nil for changes of the weights themselves.
  ///   - seed: what the changes start from.
  public init(_ checkpoint: Checkpoint, torch: Torch, lora: LoRAConfiguration? = nil, seed: UInt64 = 0) throws
  {
    parameters = try ParameterStore(checkpoint, torch: torch, lora: lora, seed: seed)
    vision = try VisionNetwork(parameters)
    text = try TextNetwork(parameters)
    logitScale = try parameters("logit_scale")
  }
}
