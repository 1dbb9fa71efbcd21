import Foundation
import Testing
import Training

/// All that goes through libtorch, one test after another: its random generator and its threads are the process's.
@Suite(
  .serialized, .enabled(if: TorchInstallation.isSetUp, "libtorch is not set up; run `plumb torch setup`"))
struct EngineTests {
  /// Whether processes can train together on processors.
  static let hasGloo = (try? Torch(threads: 1).hasGloo) == true

  /// libtorch on one thread of the processor.
  static func torch() throws -> Torch { try Torch(threads: 1) }

  /// The greatest difference between numbers, as a share of the greatest of the expected ones (at least 1e-3).
  static func difference(_ found: [Float], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    let scale = max(1e-3, expected.map(abs).max() ?? 0)
    return zip(found, expected).map { abs(Double($0) - $1) }.max().map { $0 / scale } ?? 0
  }
}
