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

  /// Whether it compares a caption with references.
  public var needsReferences: Bool { self != .clipscore }

  /// Whether it looks at pictures, through a model.
  public var needsModel: Bool { self == .clipscore || self == .refclipscore }
}

/// Which metrics to compute: those that were named, or all that the inputs allow.
public enum MetricSelection: Sendable, Equatable {
  /// These; it is an error when the inputs do not allow one.
  case named([Metric])
  /// All that the inputs allow.
  case possible

  /// Reads `all`, or names with commas between them; throws ``ScoringError/unknownMetric(_:)``.
  public init(_ text: String) throws {
    let names = text.split(separator: ",").map { $0.filter { !$0.isWhitespace }.lowercased() }
    if names == ["all"] {
      self = .possible
      return
    }
    let metrics = try names.map { name in
      guard let metric = Metric(rawValue: name) else { throw ScoringError.unknownMetric(name) }
      return metric
    }
    guard !metrics.isEmpty else { throw ScoringError.unknownMetric(text) }
    self = .named(Metric.allCases.filter(metrics.contains))
  }

  /// What there is to score with.
  public struct Inputs: Sendable {
    /// Whether there are references.
    public var references: Bool
    /// Whether there is a folder of pictures.
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
