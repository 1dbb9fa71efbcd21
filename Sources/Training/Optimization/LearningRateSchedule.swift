import CLIP
import Foundation

/// A learning-rate schedule: a linear warmup, then a half cosine down to a share of the peak (Loshchilov and Hutter 2017), a
/// straight line, or a constant.
public struct LearningRateSchedule: Sendable, Equatable {
  /// What follows the warmup.
  public enum Shape: String, Sendable, CaseIterable {
    case cosine
    case linear
    case constant
  }

  /// The peak learning rate.
  public var peak: Double
  /// The steps of the warmup.
  public var warmupSteps: Int
  /// All steps, the warmup's included.
  public var totalSteps: Int
  /// What follows the warmup.
  public var shape = Shape.cosine
  /// The final learning rate as a share of the peak.
  public var minRatio = 0.0

  /// Creates a schedule.
  public init(
    peak: Double, warmupSteps: Int, totalSteps: Int, shape: Shape = .cosine, minRatio: Double = 0
  ) {
    self.peak = peak
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
    self.shape = shape
    self.minRatio = minRatio
  }

  /// The learning rate of a step, counted from 0.
  public func rate(at step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps) }
    let share = min(1, Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps)))
    switch shape {
    case .constant: return peak
    case .linear: return peak * (minRatio + (1 - minRatio) * (1 - share))
    case .cosine: return peak * (minRatio + (1 - minRatio) * 0.5 * (1 + cos(Double.pi * share)))
    }
  }
}
