/// What one thread needs to run products: the plans that it compiled, and scratch memory.
///
/// A lane belongs to one thread at a time.
package final class Lane: @unchecked Sendable {
  // Unchecked: used by one thread at a time, by contract.

  private var plans: [PlanKey: ProductPlan] = [:]
  private var scratch: AlignedBuffer

  /// An empty lane.
  package init() throws {
    scratch = try AlignedBuffer(byteCount: 1 << 16)
  }

  /// Scratch memory of at least so many bytes; what it held before is lost.
  func scratch(_ byteCount: Int) throws -> UnsafeMutableRawPointer {
    if byteCount > scratch.byteCount { scratch = try AlignedBuffer(byteCount: byteCount) }
    return scratch.start
  }

  /// The plan for a product, compiled once.
  func plan(_ key: PlanKey) throws -> ProductPlan {
    if let plan = plans[key] { return plan }
    let plan = try ProductPlan(key)
    plans[key] = plan
    return plan
  }
}
