import Foundation
import Training

/// Makes and drops many tensors, and looks whether the process grows.
struct ManyOperators {
  private let torch: Torch

  init(_ torch: Torch) { self.torch = torch }

  struct Growth: Error, CustomStringConvertible {
    let bytes: Int
    var description: String { "the process has grown by \(bytes) bytes" }
  }

  func run() throws {
    let a = try torch.normal([32, 32])
    try a.requireGradient()
    try work(a, 1_000)
    let before = Self.residentBytes()
    // About ten operators a turn, counting those that fail and those of the way back.
    try work(a, 10_000)
    let growth = Self.residentBytes() - before
    if growth > 4_000_000 { throw Growth(bytes: growth) }
  }

  private func work(_ a: Tensor, _ times: Int) throws {
    for _ in 0..<times {
      try (a.matmul(a) * 0.01).softmax().mean().backward()
      try torch.clearGradients([a])
      _ = try? a + torch.full(0, [3])
      try torch.recomputed([a]) { try $0[0] * 2 }.sum().backward()
    }
  }

  private static func residentBytes() -> Int {
    let fields =
      (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
  }
}
