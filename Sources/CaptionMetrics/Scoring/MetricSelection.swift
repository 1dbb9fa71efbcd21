import CaptionData

/// Which metrics of a registry to compute: those that were named, or all that the inputs allow.
public struct MetricSelection: Sendable {
  /// What there is to choose from.
  public let registry: MetricRegistry
  /// The names that were chosen, in the registry's order; nil for all that the inputs allow. It is an error when the
  /// inputs do not allow one that was chosen.
  public let names: [String]?
  /// Values of the chosen metrics that were not asked for: with `BLEU-4`, those of the other lengths.
  public let hiddenValues: Set<String>

  /// Reads `all`, or names in any form that ``MetricRegistry/subscript(_:)`` takes with commas between them.
  ///
  /// - Throws: ``ScoringError/unknownMetric(_:nearest:known:)``.
  public init(_ text: String, of registry: MetricRegistry = .standard) throws {
    self.registry = registry
    let given = text.split(separator: ",").map { String($0).trimmed() }
    if given.map({ $0.lowercased() }) == ["all"] {
      names = nil
      hiddenValues = []
      return
    }
    func unknown(_ name: String) -> ScoringError {
      .unknownMetric(name, nearest: registry.nearest(to: name), known: registry.names)
    }
    let chosen = try given.map { name in
      guard let metric = registry[name] else { throw unknown(name) }
      return metric.name
    }
    guard !chosen.isEmpty else { throw unknown(text) }
    names = registry.names.filter(chosen.contains)
    let asked = given.map(MetricRegistry.plain)
    hiddenValues = Set(
      registry.metrics.flatMap { metric -> [String] in
        let own = asked.filter(metric.isCalled)
        let parts = own.compactMap(metric.part)
        guard !own.isEmpty, parts.count == own.count else { return [] }
        return metric.parts.filter { !parts.contains($0) }.map(\.name)
      })
  }

  /// What there is to score with.
  public struct Inputs: Sendable {
    /// Whether there are references.
    public var references: Bool
    /// Whether there is a folder of images.
    public var images: Bool
    /// Whether there is a model.
    public var model: Bool
    /// What brings references, for messages where there are none.
    public var referencesOption: String

    /// Creates a description of what there is.
    public init(
      references: Bool, images: Bool, model: Bool, referencesOption: String = "--references FILE"
    ) {
      self.references = references
      self.images = images
      self.model = model
      self.referencesOption = referencesOption
    }

    /// The options that would bring what a metric lacks.
    func missing(for metric: MetricRegistration) -> [String] {
      var options: [String] = []
      if metric.needs.contains(.references), !references { options.append(referencesOption) }
      if let tables = metric.tables, !tables.areInstalled() { options.append(tables.remedy) }
      if metric.needs.contains(.images), !images { options.append("--images FOLDER") }
      if metric.needs.contains(.model), !model { options.append("--model MODEL") }
      return options
    }
  }

  /// The metrics to compute, and what a user should know of the others, in one sentence.
  ///
  /// - Throws: ``ScoringError`` where a named metric, or every metric, lacks something.
  public func resolve(_ inputs: Inputs) throws -> (metrics: [MetricRegistration], note: String?) {
    guard let names else { return try all(inputs) }
    var metrics = registry.metrics.filter { names.contains($0.name) }
    var note: String?
    let bare = metrics.compactMap { metric in metric.tables.flatMap { $0.areInstalled() ? nil : (metric, $0) }
    }
    if let first = bare.first {
      guard metrics.count > bare.count else { throw first.1.missing }
      metrics.removeAll { metric in bare.contains { $0.0.name == metric.name } }
      note = bare.map(\.1.missing.description).joined(separator: " ")
    }
    for metric in metrics {
      let missing = inputs.missing(for: metric)
      if !missing.isEmpty { throw ScoringError.missingInput(metric: metric.title, options: missing) }
    }
    return (metrics, note)
  }

  /// All metrics that the inputs allow.
  private func all(_ inputs: Inputs) throws -> (metrics: [MetricRegistration], note: String?) {
    let lacks = registry.metrics.filter { !$0.isByNameOnly }.map {
      (metric: $0, missing: inputs.missing(for: $0))
    }
    let metrics = lacks.filter(\.missing.isEmpty).map(\.metric)
    guard !metrics.isEmpty else { throw ScoringError.nothingPossible(references: inputs.referencesOption) }
    let skipped = lacks.filter { !$0.missing.isEmpty }
    guard !skipped.isEmpty else { return (metrics, nil) }
    // Metrics that lack the same are told of together.
    var kinds: [[String]] = []
    for lack in skipped where !kinds.contains(lack.missing) { kinds.append(lack.missing) }
    let clauses = kinds.map { missing in
      let names = skipped.filter { $0.missing == missing }.map(\.metric.title)
      return "\(Self.list(names)) \(names.count == 1 ? "needs" : "need") \(Self.list(missing))"
    }
    return (metrics, clauses.joined(separator: "; ") + ".")
  }

  static func list(_ words: [String]) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " and " + last
  }
}
