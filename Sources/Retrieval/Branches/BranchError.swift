public import Foundation

/// Why branches cannot be grown, stored or read.
public enum BranchError: LocalizedError, Equatable {
  /// Nothing was marked as positive.
  case noPositives
  /// A marked row does not exist.
  case noSuchRow(row: Int, count: Int)
  /// A row is marked as positive and as negative.
  case markedTwice(row: Int)
  /// An option is out of its range.
  case badOption(name: String, expected: String, found: String)
  /// The memory does not hold a single tree.
  case tooLittleMemory(given: Int, needed: Int)
  /// More rows than 32-bit row numbers can count.
  case tooManyRows(count: Int)
  /// The boxes were grown for other trees.
  case otherTrees
  /// A file contradicts its own format.
  case damaged(path: String, key: String, expected: String, found: String)

  /// The sentence for people.
  public var errorDescription: String? {
    switch self {
    case .noPositives: "no image is marked as positive; mark at least one."
    case .noSuchRow(let row, let count):
      "row \(row) is marked, and there are \(count) rows; mark rows of the same index."
    case .markedTwice(let row): "row \(row) is marked as positive and as negative; leave one of the marks."
    case .badOption(let name, let expected, let found): "\(name) is \(found); expected \(expected)."
    case .tooLittleMemory(let given, let needed):
      "\(given) bytes of memory hold no tree; give at least \(needed) bytes."
    case .tooManyRows(let count):
      "\(count) rows are more than an index of trees can have; divide them into parts of up to \(UInt32.max)."
    case .otherTrees: "the boxes were grown for other trees; grow them again with these."
    case .damaged(let path, let key, let expected, let found):
      "\(path): damaged at \(key): expected \(expected), found \(found); build the trees again with plumb index --branches."
    }
  }
}
