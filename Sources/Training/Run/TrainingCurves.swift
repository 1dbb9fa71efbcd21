import Files
public import Foundation
import JSON
public import Plotting

/// What a run's log says, as curves.
public struct TrainingCurves: Sendable {
  /// A point of a curve: steps over all stages, and the value.
  public typealias Point = LinePlot.Point
  /// The curves by the values' names, a part for each stage that has such values.
  public let curves: [String: [[Point]]]
  /// The stages, and the steps before each.
  public let stages: [LinePlot.Section]

  /// Numbers of stages and steps are below this, so that their sums are numbers too.
  private static let counts = 0..<1 << 40

  /// Reads a log; lines that are none of a log, or not whole, are passed over.
  ///
  /// - Throws: `FileReadError` where there is no such file, ``TrainingError/unreadable(path:reason:)`` where it is a folder, cannot be
  ///   read, or has no line of a log.
  public init(contentsOf url: URL) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw FileReadError.notFound(path: url.relativePath)
    }
    func unreadable(_ reason: String) -> TrainingError {
      .unreadable(path: url.relativePath, reason: "\(reason); give the log.jsonl of a run's folder")
    }
    if isFolder.boolValue { throw unreadable("it is a folder") }
    guard let data = try? Data(contentsOf: url) else { throw unreadable("you may not read it") }
    var curves: [String: [Int: [Point]]] = [:]
    var stages: [LinePlot.Section] = []
    var stage: Int?
    var before = 0
    var last = 0
    for line in data.split(separator: UInt8(ascii: "\n")) {
      guard let entry = try? JSONValue(parsing: line).object, let number = entry["stage_number"]?.integer,
        let step = entry["step"]?.integer, Self.counts.contains(number), Self.counts.contains(step)
      else { continue }
      if number != stage {
        before += last
        last = 0
        stage = number
        stages.append(.init(name: entry["stage"]?.string ?? "stage \(number + 1)", start: Double(before)))
      }
      last = max(last, step)
      for (name, value) in entry where !["stage_number", "step", "epoch"].contains(name) {
        if let value = value.number {
          curves[name, default: [:]][stages.count, default: []].append(
            Point(x: Double(before + step), y: value))
        }
      }
    }
    guard !curves.isEmpty else { throw unreadable("it has no line of a training log") }
    self.curves = curves.mapValues { parts in parts.sorted { $0.key < $1.key }.map(\.value) }
    self.stages = stages
  }

  /// What can be drawn, in the order of ``plot(_:values:)``'s panels.
  public var values: [String] {
    curves.keys.filter { !$0.hasSuffix("seconds") }.sorted { a, b in
      let (first, second) = (Quantity(of: a), Quantity(of: b))
      if first != second { return first < second }
      // The sum of the losses before its parts, and R@5 before R@10.
      if (a == "loss") != (b == "loss") { return a == "loss" }
      return a.compare(b, options: .numeric) == .orderedAscending
    }
  }

  /// The curves of several runs, a panel for each quantity; runs of one name have one colour.
  ///
  /// - Parameter values: what is drawn; nil for everything that a run has.
  /// - Throws: ``TrainingError`` where a run has no such value.
  public static func plot(
    _ runs: [(name: String, curves: TrainingCurves)], values: [String]? = nil
  ) throws -> LinePanels {
    var names: [String] = []
    for (name, _) in runs where !names.contains(name) { names.append(name) }
    var drawn: [String] = []
    for value in values ?? runs.flatMap(\.curves.values) where !drawn.contains(value) { drawn.append(value) }
    for (name, run) in runs where values != nil {
      for value in drawn where run.curves[value] == nil {
        let known = run.values.joined(separator: ", ")
        throw TrainingError.unreadable(path: name, reason: "it has no \(value); it has \(known)")
      }
    }
    var quantities: [Quantity] = []
    for quantity in drawn.map(Quantity.init) where !quantities.contains(quantity) {
      quantities.append(quantity)
    }
    let isOneRun = runs.allSatisfy { $0.curves.stages == runs.first?.curves.stages }
    let panels = quantities.map { quantity in
      let own = drawn.filter { Quantity(of: $0) == quantity }
      var series: [LinePlot.Series] = []
      for name in names {
        for value in own {
          let parts = runs.filter { $0.name == name }.flatMap { $0.curves.curves[value].map(thinned) ?? [] }
          guard !parts.isEmpty else { continue }
          let label = names.count == 1 ? value : own.count == 1 ? name : "\(name) \(value)"
          series.append(.init(name: label, segments: parts))
        }
      }
      let title = own.count == 1 && runs.count == 1 ? "\(quantity.title): \(own[0])" : quantity.title
      var panel = LinePlot(title: "", xAxis: "steps", yAxis: title, series: series)
      if isOneRun { panel.sections = runs.first?.curves.stages ?? [] }
      if quantity.isShare { panel.yLimits = 0...1 }
      return panel
    }
    return LinePanels(
      title: runs.count == 1 ? "Training" : "Training of \(runs.count) runs",
      subtitle: names.joined(separator: ", "), panels: panels)
  }

  /// About 400 points at most: the means of runs of them, which also smooths a noisy loss.
  private static func thinned(_ parts: [[Point]]) -> [[Point]] {
    let width = (parts.reduce(0) { $0 + $1.count } + 399) / 400
    guard width > 1 else { return parts }
    return parts.map { points in
      stride(from: 0, to: points.count, by: width).map { start in
        let part = points[start..<min(start + width, points.count)]
        let count = Double(part.count)
        return Point(x: part.reduce(0) { $0 + $1.x } / count, y: part.reduce(0) { $0 + $1.y } / count)
      }
    }
  }
}

/// What a value of a log measures; values of one quantity share an axis.
private struct Quantity: Equatable, Comparable {
  private enum Kind: Int {
    case losses, rate, gradient, validation
  }

  private let kind: Kind
  /// What a validation measures, without the number of places that count: `text_to_image_R`.
  private let measure: String

  init(of value: String) {
    let prefix = "validation_"
    let name = value.hasPrefix(prefix) ? value.dropFirst(prefix.count) : Substring(value)
    kind =
      value.hasPrefix(prefix)
      ? .validation : value == "learning_rate" ? .rate : value == "grad_norm" ? .gradient : .losses
    measure = kind == .validation ? String(name.prefix { $0 != "@" }) : ""
  }

  var title: String {
    switch kind {
    case .losses: "losses"
    case .rate: "learning rate"
    case .gradient: "gradient norm"
    case .validation: "validation, \(measure.replacing("_", with: " "))" + (isShare ? "@k" : "")
    }
  }

  /// Whether it is a share of queries or of ranks, from 0 to 1.
  var isShare: Bool {
    kind == .validation && (measure == "R" || measure.hasSuffix("_R") || ["AO", "JS"].contains(measure))
  }

  static func < (a: Self, b: Self) -> Bool { (a.kind.rawValue, a.measure) < (b.kind.rawValue, b.measure) }
}
