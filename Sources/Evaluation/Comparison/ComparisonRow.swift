public import JSON

/// A value, and where it might as well lie.
public struct Estimate: Sendable, Equatable {
  /// The value.
  public var value: Double
  /// Its interval; nil where too few draws have a value.
  public var interval: ClosedRange<Double>?

  /// Creates an estimate.
  public init(value: Double, interval: ClosedRange<Double>? = nil) {
    self.value = value
    self.interval = interval
  }
}

/// A measure of a model, beside that of another one on the same items where there is another.
public struct ComparisonRow: Sendable, Equatable {
  /// What is measured: `AO@10`, `query R@1`, a set's name.
  public var name: String
  /// The number of items that it was measured on.
  public var count: Int
  /// What the items are, one of them: `pair`, `case`.
  public var noun: String
  /// The model's value, times 100.
  public var model: Estimate
  /// The other model's, times 100.
  public var before: Estimate?
  /// The model's less the other's.
  public var change: Estimate?

  /// Creates a row.
  public init(
    name: String, count: Int, noun: String, model: Estimate, before: Estimate? = nil, change: Estimate? = nil
  ) {
    self.name = name
    self.count = count
    self.noun = noun
    self.model = model
    self.before = before
    self.change = change
  }

  /// The change as a share of the value before; nil without one, or from zero.
  public var relativeChange: Double? {
    guard let before, let change, before.value > 0 else { return nil }
    return change.value / before.value
  }

  /// A row of a statistic whose values are shares; nil where it is not defined.
  init?(_ name: String, count: Int, noun: String, _ statistic: ResampledStatistic, _ bootstrap: Bootstrap) {
    func estimate(_ value: Double?, _ draws: [Double?]) -> Estimate? {
      value.map { value in
        let interval = bootstrap.interval(of: draws)
        return Estimate(
          value: value * 100, interval: interval.map { $0.lowerBound * 100...$0.upperBound * 100 })
      }
    }
    let values = statistic.values
    guard let first = values.first, let model = estimate(first, statistic.draws.map { $0[0] }) else {
      return nil
    }
    self.init(name: name, count: count, noun: noun, model: model)
    guard values.count == 2, let new = values[0], let old = values[1] else { return }
    before = estimate(old, statistic.draws.map { $0[1] })
    change = estimate(
      new - old,
      statistic.draws.map { draw in
        if let new = draw[0], let old = draw[1] { new - old } else { nil }
      })
  }

  /// The row as JSON.
  public var json: JSONValue {
    func value(_ estimate: Estimate) -> [JSONValue.Member] {
      [
        .init("value", .number(estimate.value)),
        .init("low", estimate.interval.map { .number($0.lowerBound) } ?? .null),
        .init("high", estimate.interval.map { .number($0.upperBound) } ?? .null),
      ]
    }
    var members: [JSONValue.Member] = [
      .init("name", .string(name)), .init("items", .integer(count)), .init("item", .string(noun)),
      .init("model", .object(value(model))),
    ]
    if let before { members.append(.init("before", .object(value(before)))) }
    if let change {
      let relative = JSONValue.Member("relative", relativeChange.map(JSONValue.number) ?? .null)
      members.append(.init("change", .object(value(change) + [relative])))
    }
    return .object(members)
  }
}
