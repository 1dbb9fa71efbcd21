import Foundation

/// An axis: the numbers that it shows, its ticks at round ones, and where on an image they lie.
public struct PlotScale: Sendable, Equatable {
  /// The first number that the axis shows.
  public let lowest: Double
  /// The last.
  public let highest: Double
  /// The numbers with a tick, from lowest to highest.
  public let ticks: [Double]
  /// Digits after the point that tell the ticks apart.
  public let digits: Int

  /// Makes an axis that shows all of some numbers, its ends at ticks.
  ///
  /// - Parameters:
  ///   - values: what is shown; numbers that are not finite are passed over.
  ///   - count: about how many steps the axis should have.
  ///   - limits: what the numbers can be at all: a share in percent never has a tick above 100.
  public init(
    showing values: [Double], count: Int = 6,
    limits: ClosedRange<Double> = -Double.infinity...Double.infinity
  ) {
    let finite = values.filter { $0.isFinite && abs($0) < 1e300 }
    var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    if low == high {
      let margin = low == 0 ? 1 : abs(low) / 10
      (low, high) = (
        max(low - margin, min(low, limits.lowerBound)), min(high + margin, max(high, limits.upperBound))
      )
    }
    var step = Self.step((high - low) / Double(max(1, count)))
    // Between epochs there is nothing.
    if high - low > 2, finite.allSatisfy({ $0 == $0.rounded() }) { step = max(1, step) }
    // A number that is at a tick but for rounding is at the tick.
    let first = (low / step + 1e-9).rounded(.down)
    let last = max(first + 1, (high / step - 1e-9).rounded(.up))
    let all = (0...Int(min(last - first, 100))).map { (first + Double($0)) * step }
    // A tick beyond the limits goes, unless a number lies beyond them too.
    let least = low < limits.lowerBound ? -Double.infinity : limits.lowerBound
    let greatest = high > limits.upperBound ? Double.infinity : limits.upperBound
    let within = all.filter { $0 >= least - step / 1e6 && $0 <= greatest + step / 1e6 }
    ticks = within.count > 1 ? within : all
    lowest = ticks.first ?? low
    highest = ticks.last ?? high
    digits = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
  }

  /// The round number (1, 2 or 5 with zeros) nearest above a step.
  private static func step(_ rough: Double) -> Double {
    let power = pow(10, log10(max(rough, .leastNormalMagnitude)).rounded(.down))
    for factor in [1.0, 2, 5, 10] where factor * power >= rough * (1 - 1e-9) { return factor * power }
    return 10 * power
  }

  /// Where a number lies between `start` and `end`.
  public func position(_ value: Double, from start: Double, to end: Double) -> Double {
    start + (value - lowest) / (highest - lowest) * (end - start)
  }

  /// A tick's number as it is written beside it.
  public func label(_ tick: Double) -> String {
    // Never "-0".
    String(format: "%.\(min(digits, 12))f", tick == 0 ? 0 : tick)
  }
}
