public import CLIP

/// The order of an image's numbers in a batch.
public enum PixelLayout: String, Sendable, CaseIterable {
  /// (N, 3, height, width): one channel after the other.
  case planar
  /// (N, height, width, 3): one pixel after the other.
  case interleaved
}

/// How images become the numbers that a tower learns from.
public struct ImagePlan: Sendable {
  /// What the model does to an image when it is used; its size is that of the batches.
  public var preprocessing: ImagePreprocessing
  /// What is changed at random; nil for the model's own preprocessing and nothing else.
  public var augmentation: Augmentation?
  /// The order of the numbers.
  public var layout: PixelLayout
  /// Where images are kept once they are decoded and scaled down. Not used without an augmentation, so that what is
  /// measured is what the model sees when it is used.
  public var cache: ImageCache?

  /// Creates a plan.
  public init(
    preprocessing: ImagePreprocessing, augmentation: Augmentation? = nil, layout: PixelLayout = .planar,
    cache: ImageCache? = nil
  ) {
    self.preprocessing = preprocessing
    self.augmentation = augmentation
    self.layout = layout
    self.cache = cache
  }

  /// The height and width of every image of a batch.
  ///
  /// - Throws: ``DataError/badOption(name:expected:found:)`` where the preprocessing gives images of many sizes.
  func size() throws(DataError) -> (height: Int, width: Int) {
    var size: (Int, Int)?
    if let crop = preprocessing.crop {
      size = (crop.height, crop.width)
    } else if case .exact(let height, let width) = preprocessing.size {
      size = (height, width)
    }
    guard let (height, width) = size, (1...4096).contains(height), (1...4096).contains(width) else {
      throw .badOption(
        name: "the preprocessing", expected: "one size of 1 to 4096 pixels for all images",
        found: "\(preprocessing.size)")
    }
    return (height, width)
  }
}
