import Foundation

/// What is changed at random in an image before it is trained on; nothing, unless it is switched on.
///
/// The changes are torchvision's, in this order: a crop (`RandomResizedCrop`), a flip, a shift, brightness, contrast
/// and saturation (`ColorJitter`, whose order of the three is drawn at random; here it is always this one), erasing.
public struct Augmentation: Sendable, Equatable {
  /// The share of the image's area that is cut out and scaled to the model's size; nil to take the image as
  /// the model takes it when it is used.
  public var cropScale: ClosedRange<Double>?
  /// The cut's width over its height.
  public var cropRatio: ClosedRange<Double> = 3.0 / 4...4.0 / 3
  /// How probably left and right are exchanged.
  public var flip = 0.0
  /// The factor of brightness is within 1 ± this, and not below 0; so are those of the next two.
  public var brightness = 0.0
  /// The factor of contrast, about the mean of the image's grey.
  public var contrast = 0.0
  /// The factor of saturation, about each pixel's grey.
  public var saturation = 0.0
  /// The image is shifted by up to so many of its final pixels, each way; what is missing at the border is mirrored.
  public var translation = 0
  /// How probably a rectangle is erased: it gets the mean, which is 0 once the image is normalised.
  public var erasing = 0.0
  /// The share of the area that is erased.
  public var erasingScale: ClosedRange<Double> = 0.02...0.33
  /// The erased width over the height.
  public var erasingRatio: ClosedRange<Double> = 0.3...3.3

  /// Nothing is changed.
  public init() {}

  /// Refuses numbers that make no sense.
  ///
  /// - Throws: ``DataError/badOption(name:expected:found:)``.
  public func check() throws(DataError) {
    let shares = [
      ("flip", flip, flip), ("erasing", erasing, erasing),
      ("erasing scale", erasingScale.lowerBound, erasingScale.upperBound),
    ]
    let crop = cropScale.map { [("crop scale", $0.lowerBound, $0.upperBound)] } ?? []
    for (name, low, high) in shares + crop {
      guard low >= 0, high <= 1 else {
        throw .badOption(name: name, expected: "0 to 1", found: low == high ? "\(low)" : "\(low) to \(high)")
      }
    }
    for (name, range) in [("crop ratio", cropRatio), ("erasing ratio", erasingRatio)] {
      guard range.lowerBound >= 0.001, range.upperBound <= 1000 else {
        throw .badOption(
          name: name, expected: "0.001 to 1000", found: "\(range.lowerBound)...\(range.upperBound)")
      }
    }
    for (name, spread) in [("brightness", brightness), ("contrast", contrast), ("saturation", saturation)] {
      guard spread >= 0, spread <= 100 else {
        throw .badOption(name: name, expected: "0 to 100", found: "\(spread)")
      }
    }
    guard (0...4096).contains(translation) else {
      throw .badOption(name: "translation", expected: "0 to 4096 pixels", found: "\(translation)")
    }
  }

  /// A part of an image, in pixels.
  package struct Box: Equatable {
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int
  }

  /// The cut of `RandomResizedCrop.get_params`: ten tries, then the middle in the nearest ratio that is allowed.
  package func cropBox(height: Int, width: Int, scale: ClosedRange<Double>, random: inout DataRandom) -> Box {
    let area = Double(height) * Double(width)
    for _ in 0..<10 {
      let target = area * random.uniform(in: scale)
      let ratio = random.ratio(in: cropRatio)
      let w = Self.length((target * ratio).squareRoot())
      let h = Self.length((target / ratio).squareRoot())
      if (1...width).contains(w), (1...height).contains(h) {
        let y = random.below(height - h + 1)
        return Box(x: random.below(width - w + 1), y: y, width: w, height: h)
      }
    }
    let whole = Double(width) / Double(height)
    var (w, h) = (width, height)
    if whole < cropRatio.lowerBound {
      h = min(height, max(1, Self.length(Double(width) / cropRatio.lowerBound)))
    } else if whole > cropRatio.upperBound {
      w = min(width, max(1, Self.length(Double(height) * cropRatio.upperBound)))
    }
    return Box(x: (width - w) / 2, y: (height - h) / 2, width: w, height: h)
  }

  /// The rectangle of `RandomErasing.get_params`; nil where ten tries find none.
  package func erasedBox(height: Int, width: Int, random: inout DataRandom) -> Box? {
    guard Double(random.unit()) < erasing else { return nil }
    for _ in 0..<10 {
      let target = Double(height) * Double(width) * random.uniform(in: erasingScale)
      let ratio = random.ratio(in: erasingRatio)
      let w = Self.length((target * ratio).squareRoot())
      let h = Self.length((target / ratio).squareRoot())
      guard (1..<max(width, 2)).contains(w), (1..<max(height, 2)).contains(h) else { continue }
      let y = random.below(height - h + 1)
      return Box(x: random.below(width - w + 1), y: y, width: w, height: h)
    }
    return nil
  }

  /// A length in pixels; 0 for what cannot be one.
  private static func length(_ value: Double) -> Int {
    Int(exactly: value.rounded(.toNearestOrEven)).flatMap { $0 < 1 << 24 ? $0 : nil } ?? 0
  }
}

extension DataRandom {
  /// A number in `range`.
  package mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + Double(next() >> 11) * 0x1p-53 * (range.upperBound - range.lowerBound)
  }

  /// A ratio in `range`, as probably above 1 as below where the range is even about it.
  mutating func ratio(in range: ClosedRange<Double>) -> Double {
    let (low, high) = (max(range.lowerBound, 1e-6), max(range.upperBound, 1e-6))
    return exp(uniform(in: log(low)...max(log(low), log(high))))
  }
}
