import Foundation

/// A filter for changing an image's size; the raw values are Pillow's numbers, which configuration files use.
public enum Resampling: Int, Sendable, Equatable, CaseIterable {
  /// The nearest sample.
  case nearest = 0
  /// Lanczos with three lobes.
  case lanczos = 1
  /// Linear interpolation; a triangle as wide as the scale when shrinking.
  case bilinear = 2
  /// Cubic interpolation with a = −0.5, widened by the scale when shrinking: CLIP's.
  case bicubic = 3
  /// The mean over a pixel's footprint.
  case box = 4
  /// A sinc under a Hamming window, as wide as the triangle.
  case hamming = 5

  /// The distance at which the filter ends, before it is widened; 0 for the nearest sample.
  var support: Double {
    switch self {
    case .nearest: 0
    case .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The filter's value at a distance from its middle.
  func value(at distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .nearest, .box: return distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .bilinear: return x < 1 ? 1 - x : 0
    case .hamming:
      if x == 0 { return 1 }
      if x >= 1 { return 0 }
      let angle = x * Double.pi
      // Pillow writes the window's constants in single precision.
      return sin(angle) / angle * (Double(0.54 as Float) + Double(0.46 as Float) * cos(angle))
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    case .lanczos:
      guard distance >= -3 && distance < 3 else { return 0 }
      return Self.sinc(distance) * Self.sinc(distance / 3)
    }
  }

  private static func sinc(_ x: Double) -> Double {
    if x == 0 { return 1 }
    let angle = x * Double.pi
    return sin(angle) / angle
  }
}
