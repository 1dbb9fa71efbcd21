import Foundation
import TextProcessing

/// How much the captions of images say the same, without a model: by the words that they share, of which rare ones count more.
///
/// An image is the mean of its captions, each the unit vector of its stems weighted by tf · log(N/df), where an image is a document; the
/// similarity of two images is the product of their means.
public struct CaptionSimilarity: Sendable {
  /// A word's number and its weight, sorted by the former.
  private let vectors: [[(word: Int, weight: Float)]]

  /// Takes the captions of each image.
  public init(_ captions: [[String]]) {
    let stems = captions.map { $0.map(Self.stems) }
    var numbers: [String: Int] = [:]
    var documents: [Int] = []
    for image in stems {
      for stem in Set(image.joined()) {
        if let number = numbers[stem] {
          documents[number] += 1
        } else {
          numbers[stem] = documents.count
          documents.append(1)
        }
      }
    }
    let rarity = documents.map { log(Double(max(1, captions.count)) / Double($0)) }
    vectors = stems.map { image in
      var sum: [Int: Double] = [:]
      for caption in image {
        var counts: [Int: Double] = [:]
        for stem in caption {
          if let number = numbers[stem] { counts[number, default: 0] += rarity[number] }
        }
        let length = counts.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { continue }
        for (number, weight) in counts { sum[number, default: 0] += weight / length / Double(image.count) }
      }
      return sum.sorted { $0.key < $1.key }.map { ($0.key, Float($0.value)) }
    }
  }

  /// The stems of a caption's words of two letters and more.
  private static func stems(_ caption: String) -> [String] {
    caption.lowercased().split { !$0.isLetter }.filter { $0.count > 1 }.map {
      EnglishStemmer.stem(String($0))
    }
  }

  /// The similarities of an image with all, in their order; that with itself is 0.
  public func similarities(of image: Int) -> [Float] {
    var own: [Int: Float] = [:]
    for (word, weight) in vectors[image] { own[word] = weight }
    return vectors.indices.map { other in
      guard other != image else { return 0 }
      return vectors[other].reduce(0) { sum, entry in
        own[entry.word].map { sum + $0 * entry.weight } ?? sum
      }
    }
  }

  /// Queries made of images: the texts are an image's captions, and relevant are the images that are similar enough.
  ///
  /// - Parameters:
  ///   - images: the images, by row, that may be queries.
  ///   - least: the least similarity of a relevant image.
  ///   - counts: how many relevant images a query must have.
  public func queries(
    of images: [Int], captions: [[String]], names: [String], least: Float = 0.16,
    counts: ClosedRange<Int> = 60...200
  ) -> [FeedbackQuery] {
    images.compactMap { image in
      let relevant = similarities(of: image).enumerated().filter { $0.element > least }.map(\.offset)
      guard counts.contains(relevant.count), !captions[image].isEmpty else { return nil }
      return FeedbackQuery(name: names[image], texts: captions[image], relevant: relevant, own: image)
    }
  }
}
