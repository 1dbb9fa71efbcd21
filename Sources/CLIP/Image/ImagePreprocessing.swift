/// How a checkpoint wants its images: what size, which filter, which part, which numbers.
///
/// The steps are those of the reference: convert to 8-bit RGB, resize, crop the middle, rescale, normalise; or, with
/// ``RGBConversion/afterResizing``, convert after the crop. All but the last two give bytes, equal to Pillow's; the last
/// two are a table, ``normalization``.
public struct ImagePreprocessing: Sendable, Equatable {
  /// The size that an image is resized to.
  public enum Size: Sendable, Equatable {
    /// The size that the image has.
    case unchanged
    /// The shorter edge gets this length, the other one follows and is rounded down; `longestAtMost` shrinks both
    /// when the longer one would exceed it.
    case shortestEdge(Int, longestAtMost: Int? = nil)
    /// Exactly this size, whatever becomes of the shape.
    case exact(height: Int, width: Int)
    /// The smallest size in the image's shape that covers this one (open_clip, `shortest` with two lengths).
    case covering(height: Int, width: Int)
    /// The largest size in the image's shape that fits in this one (open_clip, `longest`).
    case fitting(height: Int, width: Int)
  }

  /// The part in the middle that is kept.
  public struct Crop: Sendable, Equatable {
    /// How the offset is rounded when an odd number of pixels goes.
    public enum Rounding: Sendable, Equatable {
      /// Down, towards the top left, as `transformers` does.
      case down
      /// To the even number, as torchvision and so open_clip do; a margin is smaller at the top left.
      case halfToEven
    }

    /// Height of the part, in pixels.
    public var height: Int
    /// Width of the part, in pixels.
    public var width: Int
    /// How the offset is rounded.
    public var rounding: Rounding
    /// The byte that fills the margin of an image smaller than the part.
    public var fill: UInt8

    /// Creates a crop from its parts.
    public init(height: Int, width: Int, rounding: Rounding = .down, fill: UInt8 = 0) {
      self.height = height
      self.width = width
      self.rounding = rounding
      self.fill = fill
    }
  }

  /// What becomes of transparency on the way to RGB.
  public enum Transparency: String, Sendable, Equatable, CaseIterable {
    /// Alpha is dropped, as Pillow's `convert("RGB")` does: OpenAI's CLIP, open_clip, `transformers` before 5.
    case dropped
    /// The image is laid over white, as `transformers` 5 does.
    case overWhite = "white"
  }

  /// When an image is converted to RGB, which shows where its file has a palette, black and white, alpha, inks or greys
  /// of 16 bits.
  public enum RGBConversion: Sendable, Equatable {
    /// Before it is resized: `transformers`.
    case beforeResizing
    /// After it was resized and cropped in its own mode: open_clip and OpenAI's code. Pillow picks the nearest pixel of a
    /// palette or of black and white whatever the filter, and multiplies colours by alpha before it mixes them.
    case afterResizing
  }

  /// The size before the crop.
  public var size: Size
  /// The filter that resizes.
  public var resampling: Resampling
  /// The part that is kept, or `nil` for all of it.
  public var crop: Crop?
  /// What a byte is multiplied by, usually 1/255.
  public var rescale: Double
  /// The mean that is subtracted, for red, green and blue.
  public var mean: SIMD3<Double>
  /// The standard deviation that the rest is divided by.
  public var std: SIMD3<Double>
  /// What becomes of transparency.
  public var transparency: Transparency
  /// When an image is converted to RGB; always before it is resized where it is laid over white.
  public var rgbConversion: RGBConversion

  /// Creates a description from its parts.
  public init(
    size: Size, resampling: Resampling = .bicubic, crop: Crop?, rescale: Double = 1.0 / 255,
    mean: SIMD3<Double> = Self.openAIMean, std: SIMD3<Double> = Self.openAIStd,
    transparency: Transparency = .dropped, rgbConversion: RGBConversion = .beforeResizing
  ) {
    self.size = size
    self.resampling = resampling
    self.crop = crop
    self.rescale = rescale
    self.mean = mean
    self.std = std
    self.transparency = transparency
    self.rgbConversion = rgbConversion
  }

  /// The mean of OpenAI's training images.
  public static let openAIMean: SIMD3<Double> = [0.48145466, 0.4578275, 0.40821073]
  /// The standard deviation of OpenAI's training images.
  public static let openAIStd: SIMD3<Double> = [0.26862954, 0.26130258, 0.27577711]

  /// What every CLIP of OpenAI wants: bicubic to the shorter edge, the square in the middle, OpenAI's mean and
  /// deviation; offsets as `transformers` takes them.
  public static func clip(imageSize: Int) -> ImagePreprocessing {
    ImagePreprocessing(
      size: .shortestEdge(imageSize), crop: Crop(height: imageSize, width: imageSize))
  }

  /// The same as OpenAI's own code and open_clip do it: offsets rounded to even, images resized in their own mode.
  public static func openAI(imageSize: Int) -> ImagePreprocessing {
    ImagePreprocessing(
      size: .shortestEdge(imageSize),
      crop: Crop(height: imageSize, width: imageSize, rounding: .halfToEven), rgbConversion: .afterResizing)
  }

  /// The table that the image tower applies to the bytes.
  public var normalization: PixelNormalization {
    PixelNormalization(mean: mean, std: std, rescale: rescale)
  }
}

extension ImagePreprocessing {
  /// The same steps to a square of another side, as a model in training may see smaller images first.
  package func resized(to side: Int) -> ImagePreprocessing {
    var other = self
    if var crop {
      crop.height = side
      crop.width = side
      other.crop = crop
    }
    switch size {
    case .unchanged: other.size = .exact(height: side, width: side)
    case .shortestEdge: other.size = .shortestEdge(side)
    case .exact: other.size = .exact(height: side, width: side)
    case .covering: other.size = .covering(height: side, width: side)
    case .fitting: other.size = .fitting(height: side, width: side)
    }
    return other
  }
}
