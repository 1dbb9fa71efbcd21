/// What a validation found.
public struct ValidationResult: Codable, Sendable, Equatable {
  /// A measure and its value.
  public struct Measure: Codable, Sendable, Equatable {
    /// What is measured.
    public var name: String
    /// Its value.
    public var value: Double
  }

  /// The measures, in the order in which they are shown.
  public var measures: [Measure]
  /// What tells the better of two models: higher is better.
  public var score: Double

  /// Creates a result.
  public init(_ measures: [(String, Double)], score: Double) {
    self.measures = measures.map { Measure(name: $0.0, value: $0.1) }
    self.score = score
  }
}
