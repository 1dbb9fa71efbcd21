/// The ranks of what was looked for, the first place being 1.
///
/// A rank is pessimistic: what scores as high as the thing looked for stands before it, so that an embedder that
/// cannot tell images apart finds nothing, and not everything.
public struct RetrievalResult: Sendable, Equatable {
  /// For each text, the rank of its image among all images.
  public let textToImage: [Int]
  /// For each image, the best rank of any of its texts among all texts; nil for an image without texts.
  public let imageToText: [Int?]

  /// Text to image.
  public var textToImageSummary: RankSummary { RankSummary(textToImage) }
  /// Image to text.
  public var imageToTextSummary: RankSummary { RankSummary(imageToText.compactMap(\.self)) }

  /// Holds ranks.
  public init(textToImage: [Int], imageToText: [Int?]) {
    self.textToImage = textToImage
    self.imageToText = imageToText
  }
}

/// What a list of ranks comes to.
public struct RankSummary: Sendable, Equatable {
  /// How many things were looked for.
  public let count: Int
  /// The share found among the first 1, 5 and 10.
  public let recallAt1, recallAt5, recallAt10: Double
  /// The middle rank; with an even number of them, the mean of the middle two.
  public let medianRank: Double
  /// The mean rank.
  public let meanRank: Double

  /// Sums ranks up.
  public init(_ ranks: [Int]) {
    count = ranks.count
    func share(_ k: Int) -> Double {
      ranks.isEmpty ? 0 : Double(ranks.count { $0 <= k }) / Double(ranks.count)
    }
    (recallAt1, recallAt5, recallAt10) = (share(1), share(5), share(10))
    let sorted = ranks.sorted()
    let middle = sorted.count / 2
    if sorted.isEmpty {
      medianRank = 0
      meanRank = 0
    } else {
      let low = sorted.count.isMultiple(of: 2) ? sorted[middle - 1] : sorted[middle]
      medianRank = (Double(low) + Double(sorted[middle])) / 2
      meanRank = sorted.reduce(0.0) { $0 + Double($1) } / Double(sorted.count)
    }
  }
}
