import CLIP
import Foundation

/// How the learning rate goes: a linear warm-up, then a half cosine down to a share of the peak (Loshchilov and Hutter 2017),
/// or constant.
public struct LearningRateSchedule: Sendable, Equatable {
  /// The shapes that follow the warm-up.
  public enum Shape: String, Sendable, CaseIterable {
    case cosine
    case linear
    case constant
  }

  /// The highest rate.
  public var peak: Double
  /// The steps of the warm-up.
  public var warmUp: Int
  /// All steps.
  public var total: Int
  /// What follows the warm-up.
  public var shape = Shape.cosine
  /// The last rate as a share of the peak.
  public var floor = 0.0

  /// Creates a schedule.
  public init(peak: Double, warmUp: Int, total: Int, shape: Shape = .cosine, floor: Double = 0) {
    self.peak = peak
    self.warmUp = warmUp
    self.total = total
    self.shape = shape
    self.floor = floor
  }

  /// The rate of a step, counted from 0.
  public func rate(at step: Int) -> Double {
    if step < warmUp { return peak * Double(step + 1) / Double(warmUp) }
    let share = min(1, Double(step - warmUp) / Double(max(1, total - warmUp)))
    switch shape {
    case .constant: return peak
    case .linear: return peak * (floor + (1 - floor) * (1 - share))
    case .cosine: return peak * (floor + (1 - floor) * 0.5 * (1 + cos(Double.pi * share)))
    }
  }
}
