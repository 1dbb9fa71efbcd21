/// What can go wrong when a checkpoint becomes a model, or a model embeds.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// The checkpoint lacks a tensor.
  case missingTensor(name: String)
  /// A tensor has another shape than the architecture asks for.
  case misshapenTensor(name: String, expected: [Int], found: [Int])
  /// A batch norm's running variance is below zero, or no number.
  case negativeVariance(name: String, found: Float)
  /// The architecture contradicts itself.
  case impossibleConfiguration(String)
  /// An image has another size than the image tower takes.
  case wrongImageSize(expected: Int, height: Int, width: Int)
  /// Images are prepared in another size than the image tower takes.
  case otherPreprocessing(expected: Int, height: Int, width: Int)
  /// A text is empty, too long, or holds an id that has no embedding.
  case unusableText(reason: String)
  /// An embedding has components that are not numbers, or is zero.
  case notFinite

  /// The sentence for people.
  public var description: String {
    switch self {
    case .missingTensor(let name):
      "the checkpoint has no tensor '\(name)'; it is incomplete or damaged: download it again"
    case .misshapenTensor(let name, let expected, let found):
      "tensor '\(name)' has shape \(found), the configuration asks for \(expected); "
        + "use the configuration that belongs to these weights"
    case .negativeVariance(let name, let found):
      "tensor '\(name)' holds \(found), and a variance is 0 or more; the checkpoint is damaged: fetch it again"
    case .impossibleConfiguration(let reason):
      "the configuration contradicts itself: \(reason); use the one that belongs to these weights"
    case .wrongImageSize(let expected, let height, let width):
      "the image tower takes \(expected)×\(expected) pixels and got \(width)×\(height); "
        + "use the preprocessing that belongs to this model"
    case .otherPreprocessing(let expected, let height, let width):
      "the model's description of preprocessing (preprocessor_config.json) makes images of \(width)×\(height) pixels, and its image tower "
        + "takes \(expected)×\(expected); use the one that belongs to this model"
    case .unusableText(let reason):
      "the text cannot be embedded: \(reason)"
    case .notFinite:
      "its embedding is not a finite vector: the weights hold NaN or infinite numbers, or overflow; "
        + "check them with 'plumb model show'"
    }
  }
}
