public import CaptionMetrics
public import Foundation
import JSON

/// What a run's log says, as curves.
public struct TrainingCurves: Sendable {
  /// A point of a curve: steps over all stages, and the value.
  public typealias Point = LinePlot.Point
  /// The curves by the values' names.
  public let curves: [String: [Point]]

  /// Reads a log. Throws ``LearningError/unreadable(path:reason:)``.
  public init(contentsOf url: URL) throws {
    guard let data = try? Data(contentsOf: url) else {
      throw LearningError.unreadable(path: url.path, reason: "it is not there, or not to be read")
    }
    var curves: [String: [Point]] = [:]
    var stage = 0
    var before = 0
    var last = 0
    for line in data.split(separator: UInt8(ascii: "\n")) {
      guard let entry = try? JSONValue(parsing: line).object, let number = entry["stage_number"]?.integer,
        let step = entry["step"]?.integer
      else { continue }
      if number != stage {
        before += last
        stage = number
      }
      last = step
      for (name, value) in entry where !["stage_number", "step", "epoch"].contains(name) {
        if let value = value.number {
          curves[name, default: []].append(Point(x: Double(before + step), y: value))
        }
      }
    }
    guard !curves.isEmpty else {
      throw LearningError.unreadable(path: url.path, reason: "it has no line of a training log")
    }
    self.curves = curves
  }

  /// The curves of several runs in one plot. Throws ``LearningError`` where a run has no such value.
  public static func plot(_ runs: [(name: String, curves: TrainingCurves)], values: [String]) throws
    -> LinePlot
  {
    var series: [LinePlot.Series] = []
    for (name, run) in runs {
      for value in values {
        guard let points = run.curves[value] else {
          let known = run.curves.keys.sorted().joined(separator: ", ")
          throw LearningError.unreadable(path: name, reason: "it has no \(value); it has \(known)")
        }
        let label = runs.count == 1 ? value : values.count == 1 ? name : "\(name) \(value)"
        series.append(.init(name: label, points: thinned(points)))
      }
    }
    return LinePlot(
      title: values.count == 1 ? values[0] : "training", subtitle: "", xAxis: "steps",
      yAxis: values.joined(separator: ", "), series: series)
  }

  /// At most 400 points: the means of runs of them, which also smooths a noisy loss.
  private static func thinned(_ points: [Point]) -> [Point] {
    let width = (points.count + 399) / 400
    guard width > 1 else { return points }
    return stride(from: 0, to: points.count, by: width).map { start in
      let part = points[start..<min(start + width, points.count)]
      let count = Double(part.count)
      return Point(x: part.reduce(0) { $0 + $1.x } / count, y: part.reduce(0) { $0 + $1.y } / count)
    }
  }
}
