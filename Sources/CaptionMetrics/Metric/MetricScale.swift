/// What a value of a metric is called, and how it is read.
public struct MetricScale: Sendable, Equatable {
  /// Which of two values is the better one.
  public enum Direction: Sendable, Equatable {
    case higherIsBetter
    case lowerIsBetter
  }

  /// What reports call the value: `BLEU-4`, `ROUGE-L`, `CIDEr`.
  public var name: String
  /// The least and the most that a value can be.
  public var range: ClosedRange<Double>
  /// Which of two values is the better one.
  public var direction: Direction
  /// What the metric measures and on which scale, in a few words that stand beside the value in tables.
  public var legend: String

  /// Describes a value.
  public init(
    name: String, range: ClosedRange<Double>, direction: Direction = .higherIsBetter, legend: String
  ) {
    self.name = name
    self.range = range
    self.direction = direction
    self.legend = legend
  }
}

/// The values of one metric.
public struct MetricResult: Equatable, Sendable {
  /// What the values are called, and how they are read.
  public let scale: MetricScale
  /// The value of the whole corpus. For BLEU this is not the mean of `perItem`.
  public let corpus: Double
  /// The value of each candidate, in their order.
  public let perItem: [Double]

  /// The metric, as reports name it: `BLEU-4`, `ROUGE-L`, `CIDEr`.
  public var name: String { scale.name }

  /// Holds values.
  public init(_ scale: MetricScale, corpus: Double, perItem: [Double]) {
    self.scale = scale
    self.corpus = corpus
    self.perItem = perItem
  }
}
