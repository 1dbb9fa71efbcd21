public import Foundation

/// What can go wrong between Plumb and libtorch.
public enum TorchError: Error, Equatable {
  /// `plumb torch setup` has not been run.
  case notSetUp(expected: String)
  /// The bridge cannot be opened.
  case unopenable(path: String, reason: String)
  /// The bridge was built for another version of the table.
  case otherTable(path: String, expected: UInt32)
  /// There is no such device.
  case noDevice(name: String, found: Int)
  /// libtorch refused an operation.
  case failed(operation: String, reason: String)
  /// A value has another number of elements than a shape.
  case misshapen(what: String, expected: [Int], found: [Int])
}

extension TorchError: LocalizedError, CustomStringConvertible {
  /// What went wrong and what to do, in a sentence.
  public var description: String {
    switch self {
    case .notSetUp(let path):
      "training needs libtorch, and \(path) is not there; run `plumb torch setup` once"
    case .unopenable(let path, let reason):
      "\(path) cannot be opened (\(reason)); run `plumb torch setup` again"
    case .otherTable(let path, let expected):
      "\(path) was built for another version of plumb (its table is not version \(expected)); "
        + "run `plumb torch setup` again"
    case .noDevice(let name, let found):
      "there is no device \(name); libtorch sees \(found == 0 ? "no CUDA device" : "\(found) CUDA devices"). "
        + "Use `device: cpu`, or set up a torch with CUDA (`plumb torch setup --torch DIR`)"
    case .failed(let operation, let reason): "\(operation): \(reason)"
    case .misshapen(let what, let expected, let found):
      "\(what) has the shape \(found), and not \(expected)"
    }
  }

  /// The same.
  public var errorDescription: String? { description }
}
