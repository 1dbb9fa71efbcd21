/// The parts of a loss, each already weighted.
public struct LossTerms {
  /// The parts by name; their sum is what is trained.
  public var parts: [(name: String, value: Tensor)]

  /// What is logged beside the loss and not trained: rewards, for example.
  public var logged: [(name: String, value: Double)] = []

  /// Creates a loss of no parts.
  public init() { parts = [] }

  /// Adds a part with its weight.
  public mutating func add(_ name: String, _ value: Tensor, weight: Double) throws {
    parts.append((name, weight == 1 ? value : try value * weight))
  }

  /// The sum; nil without parts.
  package func total() throws -> Tensor? {
    guard var sum = parts.first?.value else { return nil }
    for part in parts.dropFirst() { sum = try sum + part.value }
    return sum
  }
}
