/// What is known of a metric before it is opened.
public struct MetricRegistration: Sendable {
  /// What it is called where people choose metrics: lower-case letters.
  public let name: String
  /// What it is called in sentences: `ROUGE-L`.
  public let title: String
  /// Other names that people write, in lower case and without hyphens: `rougel`.
  public let spellings: [String]
  /// The values that can be asked for alone, where it has several.
  public let parts: [Part]
  /// What it looks at.
  public let needs: MetricNeeds
  /// The tables that it cannot do without, where they are installed apart.
  public let tables: MetricTables?
  /// Whether the metric is computed only where its name is asked for, not with all that the inputs allow.
  public let isByNameOnly: Bool
  /// Opens the metric.
  public let open: @Sendable (MetricSetup) throws -> any CaptionMetric

  /// Describes a metric.
  public init(
    name: String, title: String, spellings: [String] = [], parts: [Part] = [], needs: MetricNeeds,
    tables: MetricTables? = nil, isByNameOnly: Bool = false,
    open: @escaping @Sendable (MetricSetup) throws -> any CaptionMetric
  ) {
    self.name = name
    self.title = title
    self.spellings = spellings
    self.parts = parts
    self.needs = needs
    self.tables = tables
    self.isByNameOnly = isByNameOnly
    self.open = open
  }

  /// One of several values of a metric.
  public struct Part: Sendable, Equatable {
    /// What reports call it: `BLEU-4`.
    public let name: String
    /// What people write for it, in lower case and without hyphens: `bleu4`.
    public let spellings: [String]

    /// Names a value.
    public init(name: String, spellings: [String]) {
      self.name = name
      self.spellings = spellings
    }
  }

  /// Whether a name, in lower case and without hyphens, means the metric or one of its values.
  func isCalled(_ plainName: String) -> Bool {
    name == plainName || spellings.contains(plainName) || part(plainName) != nil
  }

  /// The value that a name means, in lower case and without hyphens.
  func part(_ plainName: String) -> Part? { parts.first { $0.spellings.contains(plainName) } }
}

/// What a metric looks at besides the captions.
public struct MetricNeeds: OptionSet, Sendable {
  /// The bits.
  public let rawValue: Int
  /// Creates a set from its bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// References.
  public static let references = MetricNeeds(rawValue: 1)
  /// Images.
  public static let images = MetricNeeds(rawValue: 2)
  /// A model that embeds images and texts.
  public static let model = MetricNeeds(rawValue: 4)
}

/// Tables that are installed apart from the program.
public struct MetricTables: Sendable {
  /// Whether they are there.
  public let areInstalled: @Sendable () -> Bool
  /// What would bring them, as words after "add".
  public let remedy: String
  /// The error of a metric that was chosen without them.
  public let missing: any Error & CustomStringConvertible

  /// Describes tables.
  public init(
    areInstalled: @escaping @Sendable () -> Bool, remedy: String,
    missing: any Error & CustomStringConvertible
  ) {
    self.areInstalled = areInstalled
    self.remedy = remedy
    self.missing = missing
  }
}

/// What metrics are opened with: tables and definitions by their type, each opened once and shared.
///
/// ```swift
/// var setup = MetricSetup(threads: 4)
/// setup[DocumentFrequency.self] = try DocumentFrequency(contentsOf: URL(fileURLWithPath: "coco.df"))
/// ```
public struct MetricSetup: Sendable {
  /// How many threads a metric may use; nil for all CPU cores.
  public var threads: Int?
  private var parts: [ObjectIdentifier: any Sendable] = [:]

  /// A setup without tables.
  public init(threads: Int? = nil) { self.threads = threads }

  /// The table or definition of a type; nil where the metric should take its usual one.
  public subscript<Part: Sendable>(_ type: Part.Type) -> Part? {
    get { parts[ObjectIdentifier(type)] as? Part }
    set { parts[ObjectIdentifier(type)] = newValue }
  }
}
