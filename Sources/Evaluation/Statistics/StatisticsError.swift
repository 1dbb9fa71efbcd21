public import Foundation

/// What can be wrong with numbers that are to be compared.
public enum StatisticsError: Error, Equatable, Sendable {
  /// The two lists have not the same length.
  case unequalCounts(first: Int, second: Int)
  /// The number at this index is an infinity or not a number.
  case notFinite(index: Int)
  /// The group of the pair at this index is not a number from 0 on.
  case wrongGroup(index: Int)
  /// There are more numbers than are counted.
  case tooMany(count: Int, limit: Int)
}

extension StatisticsError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .unequalCounts(let first, let second):
      "there are \(first) numbers on one side and \(second) on the other; give each its counterpart."
    case .notFinite(let index):
      "number \(index + 1) is not a finite number; leave the pair out, or correct it."
    case .wrongGroup(let index):
      "pair \(index + 1) belongs to no group; number the groups from 0 on."
    case .tooMany(let count, let limit):
      "there are \(count) pairs of numbers, and \(limit) are the most; take a sample of them."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
