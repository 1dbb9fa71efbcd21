import CaptionData
import TextProcessing

/// What a caption can be scored with.
public enum Metric: String, Sendable, CaseIterable {
  /// BLEU-1 to BLEU-4.
  case bleu
  /// METEOR 1.5.
  case meteor
  /// ROUGE-L.
  case rouge
  /// CIDEr-D, which coco-caption calls CIDEr.
  case cider
  /// CLIPScore.
  case clipscore
  /// RefCLIPScore.
  case refclipscore

  /// What it is called in reports.
  public var title: String {
    switch self {
    case .bleu: "BLEU"
    case .meteor: "METEOR"
    case .rouge: "ROUGE-L"
    case .cider: "CIDEr"
    case .clipscore: "CLIPScore"
    case .refclipscore: "RefCLIPScore"
    }
  }

  /// The metric of a name in any form that people write: as reports print it (`BLEU-4`, `ROUGE-L`), as the papers have
  /// it (`CIDEr-D`, `CLIP-S`), in any case, with hyphens, underscores, blanks or none. BLEU's four are computed together.
  public init?(named name: String) {
    guard let metric = Self.names[Self.plain(name)] else { return nil }
    self = metric
  }

  /// The metric whose name is the fewest changes of letters away from a name that none has; nil where all are far.
  static func nearest(to name: String) -> Metric? {
    let name = plain(name)
    guard name.utf8.count <= 40 else { return nil }
    let distances = names.map { (metric: $1, distance: EditDistance.between(name, $0)) }
    let best = distances.min { ($0.distance, $0.metric.rawValue) < ($1.distance, $1.metric.rawValue) }
    guard let best, best.distance <= max(1, min(3, name.count / 2)) else { return nil }
    return best.metric
  }

  private static func plain(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  private static let names: [String: Metric] = {
    var names: [String: Metric] = [
      "rougel": .rouge, "ciderd": .cider, "clips": .clipscore, "refclips": .refclipscore, "meteor15": .meteor,
    ]
    for order in 1...4 {
      names["bleu\(order)"] = .bleu
      names["b\(order)"] = .bleu
    }
    for metric in allCases { names[metric.rawValue] = metric }
    return names
  }()

  /// Whether it compares a caption with references.
  public var needsReferences: Bool { self != .clipscore }

  /// Whether it looks at images, through a model.
  public var needsModel: Bool { self == .clipscore || self == .refclipscore }
}

/// Which metrics to compute: those that were named, or all that the inputs allow.
public enum MetricSelection: Sendable, Equatable {
  /// These; it is an error when the inputs do not allow one.
  case named([Metric])
  /// All that the inputs allow.
  case possible

  /// Reads `all`, or names in any form that ``Metric/init(named:)`` takes with commas between them; throws ``ScoringError/unknownMetric(_:)``.
  public init(_ text: String) throws {
    let names = text.split(separator: ",").map { String($0).trimmed() }
    if names.map({ $0.lowercased() }) == ["all"] {
      self = .possible
      return
    }
    let metrics = try names.map { name in
      guard let metric = Metric(named: name) else { throw ScoringError.unknownMetric(name) }
      return metric
    }
    guard !metrics.isEmpty else { throw ScoringError.unknownMetric(text) }
    self = .named(Metric.allCases.filter(metrics.contains))
  }

  /// What there is to score with.
  public struct Inputs: Sendable {
    /// Whether there are references.
    public var references: Bool
    /// Whether there is a folder of images.
    public var images: Bool
    /// Whether there is a model.
    public var model: Bool
    /// Whether METEOR's tables are installed.
    public var meteorTables: Bool

    /// Creates a description of what there is.
    public init(
      references: Bool, images: Bool, model: Bool, meteorTables: Bool = METEORTable.areInstalled
    ) {
      self.meteorTables = meteorTables
      self.references = references
      self.images = images
      self.model = model
    }

    /// The options that would bring what a metric lacks.
    func missing(for metric: Metric) -> [String] {
      var options: [String] = []
      if metric.needsReferences, !references { options.append("--references FILE") }
      if metric == .meteor, !meteorTables { options.append("its tables (run plumb meteor install)") }
      if metric.needsModel, !images { options.append("--images FOLDER") }
      if metric.needsModel, !model { options.append("--model MODEL") }
      return options
    }
  }

  /// The metrics to compute, and what a user should know of the others, in one sentence.
  ///
  /// - Throws: ``ScoringError`` where a named metric, or every metric, lacks something.
  public func resolve(_ inputs: Inputs) throws -> (metrics: [Metric], note: String?) {
    guard case .possible = self else {
      guard case .named(var metrics) = self else { return ([], nil) }
      var note: String?
      if metrics.contains(.meteor), !inputs.meteorTables, metrics.count > 1 {
        metrics.removeAll { $0 == .meteor }
        note = METEORError.missingTable(path: "").description
      }
      for metric in metrics {
        if metric == .meteor, !inputs.meteorTables { throw METEORError.missingTable(path: "") }
        let missing = inputs.missing(for: metric)
        if !missing.isEmpty { throw ScoringError.missingInput(metric: metric, options: missing) }
      }
      return (metrics, note)
    }
    let skipped = Metric.allCases.filter { !inputs.missing(for: $0).isEmpty }
    let metrics = Metric.allCases.filter { !skipped.contains($0) }
    guard !metrics.isEmpty else { throw ScoringError.nothingPossible }
    guard !skipped.isEmpty else { return (metrics, nil) }
    // Metrics that lack the same are told of together.
    var lacks: [[String]] = []
    for missing in skipped.map(inputs.missing) where !lacks.contains(missing) { lacks.append(missing) }
    let clauses = lacks.map { missing in
      let names = skipped.filter { inputs.missing(for: $0) == missing }.map(\.title)
      return "\(Self.list(names)) \(names.count == 1 ? "needs" : "need") \(Self.list(missing))"
    }
    return (metrics, clauses.joined(separator: "; ") + ".")
  }

  static func list(_ words: [String]) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " and " + last
  }
}
