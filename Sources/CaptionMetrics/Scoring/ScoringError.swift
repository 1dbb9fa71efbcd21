public import Foundation

/// Why captions cannot be scored as asked.
public enum ScoringError: Error, Equatable {
  /// There is no metric of this name.
  case unknownMetric(String)
  /// A metric that was asked for lacks something.
  case missingInput(metric: Metric, options: [String])
  /// There are neither references nor images with a model.
  case nothingPossible
}

extension ScoringError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .unknownMetric(let name):
      "there is no metric \"\(name)\"\(Metric.nearest(to: name).map { " (the nearest is \"\($0.rawValue)\")" } ?? ""); choose from \(Metric.allCases.map(\.rawValue).joined(separator: ", ")), or all."
    case .missingInput(let metric, let options):
      "\(metric.title) cannot be computed: add \(MetricSelection.list(options))."
    case .nothingPossible:
      "there is nothing to score the captions against: add --references FILE, or --images FOLDER and --model MODEL."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
