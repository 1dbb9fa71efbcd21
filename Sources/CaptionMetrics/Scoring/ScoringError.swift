public import Foundation

/// Why captions cannot be scored as asked.
public enum ScoringError: Error, Equatable {
  /// There is no metric of this name.
  case unknownMetric(String, nearest: String?, known: [String])
  /// A metric that was asked for lacks something.
  case missingInput(metric: String, options: [String])
  /// Metrics that look at images put different words before captions, so that one embedding does not serve them all.
  case severalPrefixes([String])
  /// The statistics of a part of a corpus are not what Plumb has written.
  case damagedPart(index: Int)
  /// Parts of a corpus were scored in different ways.
  case differentParts(index: Int, what: String)
  /// No caption of any part was scored.
  case nothingMerged
  /// There are neither references nor images with a model.
  case nothingPossible(references: String)
}

extension ScoringError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .unknownMetric(let name, let nearest, let known):
      "there is no metric \"\(name)\"\(nearest.map { " (the nearest is \"\($0)\")" } ?? ""); choose from \(known.joined(separator: ", ")), or all."
    case .missingInput(let metric, let options):
      "\(metric) cannot be computed: add \(MetricSelection.list(options))."
    case .severalPrefixes(let prefixes):
      "the metrics put different words before captions (\(prefixes.map { "\"\($0)\"" }.joined(separator: ", "))); "
        + "compute them one after the other, or give them one definition."
    case .damagedPart(let index):
      "part \(index + 1) is not the statistics of a corpus as this version of Plumb writes them; score that part again."
    case .differentParts(let index, let what):
      "part \(index + 1) was scored with another \(what) than the first; score all parts in the same way."
    case .nothingMerged:
      "no caption of the parts was scored; see what failed in each."
    case .nothingPossible(let references):
      "there is nothing to score the captions against: add \(references), or --images FOLDER and --model MODEL."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
