/// What a metric keeps of captions until the value of the corpus is computed.
///
/// The statistics of two parts of a corpus merge into those of the whole, to the last bit: parts can be scored on
/// different threads, machines or days. Parts are merged in the order of the corpus.
///
/// They are decoded from bytes that may be anybody's: what is decoded must be such that nothing that is computed from it can
/// trap.
public protocol MetricStatistics: Sendable, Codable {
  /// The statistics of no captions.
  init()
  /// How many captions they are about.
  var count: Int { get }
  /// Adds the statistics of the captions that come after these.
  mutating func merge(_ later: Self)
}

extension MetricStatistics {
  /// The statistics of the captions of `first`, and after them those of `second`.
  public static func + (first: Self, second: Self) -> Self {
    var sum = first
    sum.merge(second)
    return sum
  }
}

/// The statistics of a metric whose corpus value is a mean: each caption's value. All are kept, because the last bits
/// of a mean depend on the order in which the whole corpus is added up.
public struct ItemValues: MetricStatistics, Equatable, Codable {
  /// Each caption's value, in the order of the corpus.
  public var values: [Double]

  /// No values.
  public init() { values = [] }

  /// Holds values.
  public init(_ values: [Double]) { self.values = values }

  /// How many there are.
  public var count: Int { values.count }

  /// Appends the values of later captions.
  public mutating func merge(_ later: ItemValues) { values += later.values }
}
