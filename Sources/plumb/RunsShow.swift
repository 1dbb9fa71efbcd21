import Plotting
import ArgumentParser
import Foundation
import JSON
import Plotting
import Training

/// `plumb runs show`.
struct RunsShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the first, the best and the last value of everything that training runs have logged.",
    discussion: """
        plumb runs show runs/own/log.jsonl
        plumb runs show runs/a/log.jsonl runs/b/log.jsonl --json

      The best value of a loss is its lowest, that of a reward or a validation its highest, and that of a sign of a captioner's \
      collapse (rep-2, no_end, bad_ending, identical) its lowest. Steps are counted over all stages.
      """)

  @Argument(help: ArgumentHelp("Logs of training runs (OUTPUT/log.jsonl).", valueName: "log.jsonl"))
  var logs: [String]

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let runs = try logs.map { try TrainingCurves(contentsOf: inputFile($0)) }
    if json {
      let list = zip(logs, runs).map { name, curves in
        [
          "log": .string(name), "stages": .array(curves.stages.map { .string($0.name) }),
          "values": .object(curves.values.compactMap { curves.summary(of: $0)?.member(named: $0) }),
        ] as JSONValue
      }
      return try Output.line(JSONValue.array(list).text(isIndented: true))
    }
    for (index, (name, curves)) in zip(logs, runs).enumerated() {
      if index > 0 { try Output.line() }
      try Output.line("\(name): \(curves.stages.map(\.name).joined(separator: ", "))")
      let width = curves.values.map(\.count).max() ?? 0
      for value in curves.values {
        guard let summary = curves.summary(of: value) else { continue }
        try Output.line("  \(value.padding(toLength: width, withPad: " ", startingAt: 0))  \(summary.text)")
      }
    }
  }
}

/// The first, the best and the last value of a curve.
private struct CurveSummary {
  let first: TrainingCurves.Point
  /// Nil where there is no better or worse, as of a learning rate.
  let best: TrainingCurves.Point?
  let last: TrainingCurves.Point

  var text: String {
    let words = [("first", first), ("last", last)] + (best.map { [("best", $0)] } ?? [])
    return words.map { "\($0.0) \(String(format: "%.5g", $0.1.y)) (step \(Int($0.1.x)))" }
      .joined(separator: ", ")
  }

  func member(named name: String) -> JSONValue.Member {
    func value(_ point: TrainingCurves.Point) -> JSONValue {
      ["step": .integer(Int(point.x)), "value": .number(point.y)]
    }
    return .init(name, ["first": value(first), "best": best.map(value) ?? .null, "last": value(last)])
  }
}

extension TrainingCurves {
  fileprivate func summary(of value: String) -> CurveSummary? {
    let points = (curves[value] ?? []).flatMap(\.self)
    guard let first = points.first, let last = points.last else { return nil }
    let isValidation = value.hasPrefix("validation_")
    let best: Point?
    switch isValidation ? String(value.dropFirst("validation_".count)) : value {
    // Neither more nor less of these is better.
    case "learning_rate", "grad_norm", "mean_length", "words": best = nil
    case let name where Self.isSignOfCollapse(name): best = points.min { $0.y < $1.y }
    case let name where isValidation || name == "reward" || name.hasPrefix("reward_"):
      best = points.max { $0.y < $1.y }
    default: best = points.min { $0.y < $1.y }
    }
    return CurveSummary(first: first, best: best, last: last)
  }

  private static func isSignOfCollapse(_ name: String) -> Bool {
    name.hasPrefix("rep-") || ["no_end", "bad_ending", "identical"].contains(name)
  }
}
