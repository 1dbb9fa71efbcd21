import Foundation

extension CLIPEmbedder {
  /// Whether another model gives the same embeddings of images, because it has the same image tower: to the last bit the
  /// same parameters, in the same architecture, with images prepared in the same way. So it is after only the text tower was
  /// tuned.
  public func hasImages(of other: CLIPEmbedder) -> Bool {
    guard preprocessing == other.preprocessing, options.precision == other.options.precision,
      options.honoursEXIF == other.options.honoursEXIF, options.pixelLimit == other.options.pixelLimit,
      checkpoint.configuration.vision == other.checkpoint.configuration.vision,
      checkpoint.configuration.embeddingWidth == other.checkpoint.configuration.embeddingWidth
    else { return false }
    let (own, others) = (imageTensors, other.imageTensors)
    return own.count == others.count
      && own.allSatisfy { name, tensor in
        guard let other = others[name] else { return false }
        guard tensor.shape == other.shape, tensor.type == other.type,
          tensor.bytes.count == other.bytes.count
        else { return false }
        guard let start = tensor.bytes.baseAddress, let otherStart = other.bytes.baseAddress else {
          return tensor.bytes.isEmpty
        }
        return memcmp(start, otherStart, tensor.bytes.count) == 0
      }
  }

  /// The parameters that are not the text tower's.
  private var imageTensors: [String: StoredTensor] {
    checkpoint.tensors.filter { name, _ in
      !name.hasPrefix("text_") && name != "logit_scale" && name != "logit_bias"
    }
  }
}
