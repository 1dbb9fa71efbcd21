/// Values by their keys, of which those that were used last are kept.
struct RecentValues<Key: Hashable, Value> {
  private var values: [Key: (value: Value, cost: Int, use: Int)] = [:]
  private var uses = 0
  private var cost = 0
  private let limit: Int

  /// - Parameter limit: the most that all values together may cost.
  init(limit: Int) { self.limit = limit }

  /// The value of a key, which counts as a use; a value that is set costs 1.
  subscript(key: Key) -> Value? {
    mutating get {
      uses += 1
      values[key]?.use = uses
      return values[key]?.value
    }
    set { if let newValue { set(key, newValue, cost: 1) } }
  }

  /// Keeps a value; of what is too much, a half goes, that which was not used for longest.
  mutating func set(_ key: Key, _ value: Value, cost own: Int) {
    uses += 1
    cost += own - (values[key]?.cost ?? 0)
    values[key] = (value, own, uses)
    guard cost > limit else { return }
    for (key, old) in values.sorted(by: { $0.value.use < $1.value.use }) where cost > limit / 2 {
      values[key] = nil
      cost -= old.cost
    }
  }
}
