/// What a validation found.
public struct ValidationResult: Codable, Sendable, Equatable {
  /// A measure and its value.
  public struct Measure: Codable, Sendable, Equatable {
    /// What is measured.
    public var name: String
    /// Its value.
    public var value: Double

    /// Puts a name and a value together.
    public init(name: String, value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// The measures, in the order in which they are shown.
  public var measures: [Measure]
  /// What tells the better of two models: higher is better.
  public var score: Double
  /// Why training must not go on from here, a sentence; nil where it may.
  public var stop: String?

  /// Creates a result.
  public init(_ measures: [(String, Double)], score: Double, stop: String? = nil) {
    self.measures = measures.map { Measure(name: $0.0, value: $0.1) }
    self.score = score
    self.stop = stop
  }

  /// The value of a measure; nil where there is none of that name.
  public subscript(name: String) -> Double? { measures.first { $0.name == name }?.value }
}
