import TextProcessing

/// The metrics that people can choose, in the order of reports.
public struct MetricRegistry: Sendable {
  /// The metrics that Plumb has.
  public static let standard = MetricRegistry([
    BLEU.registration,
    METEOR.registration,
    ROUGEL.registration,
    CIDEr.registration,
    CLIPScore.registration,
    RefCLIPScore.registration,
    RefOnlyCLIPScore.registration,
  ])

  /// What is known of each.
  public private(set) var metrics: [MetricRegistration]

  /// Creates a registry.
  public init(_ metrics: [MetricRegistration]) { self.metrics = metrics }

  /// Adds a metric; one of the same name gives way to it.
  public mutating func add(_ metric: MetricRegistration) {
    if let index = metrics.firstIndex(where: { $0.name == metric.name }) {
      metrics[index] = metric
    } else {
      metrics.append(metric)
    }
  }

  /// The names, as `--metrics` has them.
  public var names: [String] { metrics.map(\.name) }

  /// The metric of a name in any form that people write: as reports print it (`BLEU-4`, `ROUGE-L`), as the papers have
  /// it (`CIDEr-D`, `CLIP-S`), in any case, with hyphens, underscores, blanks or none.
  public subscript(name: String) -> MetricRegistration? {
    let name = Self.plain(name)
    return metrics.last { $0.isCalled(name) }
  }

  /// What is the fewest changes of letters away from a name that none has, a metric's name or the printed one of its value (`BLEU-4`);
  /// nil where all are far.
  func nearest(to name: String) -> String? {
    let name = Self.plain(name)
    guard name.utf8.count <= 40 else { return nil }
    let distances = metrics.flatMap { metric in
      let names =
        ([metric.name] + metric.spellings).map { (metric.name, $0) }
        + metric.parts.flatMap { part in part.spellings.map { (part.name, $0) } }
      return names.map { ($0, distance: EditDistance.between(name, $1), longer: abs($1.count - name.count)) }
    }
    // Of equally near ones that of the same length: letters are changed round more often than dropped.
    let best = distances.min { ($0.distance, $0.longer, $0.0) < ($1.distance, $1.longer, $1.0) }
    guard let best, best.distance <= max(1, min(3, name.count / 2)) else { return nil }
    return best.0
  }

  /// A name in lower case, letters and digits alone.
  static func plain(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }
}
