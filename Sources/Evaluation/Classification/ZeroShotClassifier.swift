public import CLIP
import Foundation
import Retrieval

/// Classifies images by the names of labels (Radford et al., "Learning Transferable Visual Models From Natural Language
/// Supervision", ICML 2021, section 3.1): the embedding of a label is the mean of those of its prompts, and an image belongs to
/// the label with the largest cosine.
public struct ZeroShotClassifier: Sendable {
  /// The labels.
  public let labels: LabelSet
  /// The embedding of each label, of unit length, `(labels, dimension)`.
  public let embeddings: Embeddings

  /// Prompts around a name, which is put in the place of `{}`: what photographs of things are called.
  public static let standardTemplates = [
    "a photo of a {}.", "a photo of the {}.", "a picture of a {}.", "a close-up of a {}.",
    "there is a {} in the photo.", "{}.",
  ]

  /// Embeds the prompts of each label.
  ///
  /// - Parameter templates: texts with `{}` in the place of a name.
  /// - Throws: what the embedder throws.
  public init(_ labels: LabelSet, templates: [String], embedder: any ImageTextEmbedder) throws {
    let prompts = labels.labels.map { label in
      label.names.flatMap { name in
        templates.map { $0.replacing("{}", with: name.replacing("_", with: " ")) }
      }
    }
    let embedded = try embedder.embedTexts(prompts.flatMap(\.self), keepGoing: false, progress: nil)
    let dimension = embedded.dimension
    var values: [Float] = []
    var row = 0
    for prompts in prompts {
      var sum = [Float](repeating: 0, count: dimension)
      for _ in prompts {
        for (place, value) in FloatVector.unit(embedded[row]).enumerated() { sum[place] += value }
        row += 1
      }
      values += FloatVector.unit(sum[...])
    }
    self.labels = labels
    embeddings = try Embeddings(values: values, dimension: dimension, name: "the labels")
  }

  /// The cosines of images with labels, `(images, labels)`.
  ///
  /// - Parameter balanced: whether the mean of each label over all images is taken away, so that a label that lies near all images
  ///   does not win everywhere.
  public func cosines(of images: Embeddings, balanced: Bool = false) -> [Float] {
    let (width, dimension) = (labels.count, embeddings.dimension)
    guard images.dimension == dimension else { return [] }
    var cosines = [Float](repeating: 0, count: images.count * width)
    let labelValues = embeddings.values
    for image in 0..<images.count {
      let row = FloatVector.unit(images[image])
      for label in 0..<width {
        cosines[image * width + label] = FloatVector.dot(
          row[...], labelValues[label * dimension..<(label + 1) * dimension])
      }
    }
    guard balanced, images.count > 0 else { return cosines }
    for label in 0..<width {
      let places = stride(from: label, to: cosines.count, by: width)
      let mean = places.reduce(0.0) { $0 + Double(cosines[$1]) } / Double(images.count)
      for place in places { cosines[place] -= Float(mean) }
    }
    return cosines
  }
}
