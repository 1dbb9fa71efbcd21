/// How well a metric agrees with people.
public struct JudgedMetric: Sendable, Equatable {
  /// How a metric agrees with ratings; nil where a coefficient is not defined.
  public struct Correlations: Sendable, Equatable {
    /// Kendall's τ-b.
    public var kendallB: Double?
    /// Kendall's τ-c.
    public var kendallC: Double?
    /// Spearman's ρ.
    public var spearman: Double?
    /// Pearson's r.
    public var pearson: Double?

    /// One of them.
    public subscript(kind: Correlation) -> Double? {
      switch kind {
      case .kendallB: kendallB
      case .kendallC: kendallC
      case .spearman: spearman
      case .pearson: pearson
      }
    }
  }

  /// How often a metric agrees with preferences.
  public struct Accuracy: Sendable, Equatable {
    /// The share of right answers: of all pairs, or the mean over the categories where there are several; nil where no pair could be
    /// compared.
    public var overall: Double?
    /// The share of right answers in each category, in the order in which they come; nil where none of its pairs could be compared.
    public var categories: [(name: String, share: Double?)]

    /// Whether two are equal.
    public static func == (a: Self, b: Self) -> Bool {
      a.overall == b.overall && a.categories.elementsEqual(b.categories, by: ==)
    }
  }

  /// What was computed.
  public enum Agreement: Sendable, Equatable {
    case correlations(Correlations)
    case accuracy(Accuracy)
  }

  /// What the metric is called.
  public var name: String
  /// How well it agrees.
  public var agreement: Agreement
  /// The interval of the coefficient that the protocol reports, over samples of images; nil where there is none.
  public var interval: ClosedRange<Double>?
  /// How many judgements it was compared with.
  public var rows: Int
}
