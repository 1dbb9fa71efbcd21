public import Foundation

/// What can be wrong with a NumPy file.
public enum NumPyError: Error, Equatable {
  /// The file cannot be opened or read.
  case unreadable(file: String)
  /// The file does not begin as NumPy's do.
  case notNumPy(file: String)
  /// The file contradicts itself.
  case damaged(file: String, problem: String)
  /// The file is NumPy's, but of a kind that is not read.
  case unsupported(file: String, found: String)
  /// A row has another length than those before.
  case wrongWidth(file: String, expected: Int, found: Int)
}

extension NumPyError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .unreadable(let file):
      "\(file): cannot be read; check that the file is there and may be read."
    case .notNumPy(let file):
      "\(file): this is not a NumPy file; give one that numpy.save or plumb embed wrote."
    case .damaged(let file, let problem):
      "\(file): the NumPy file is damaged: \(problem); make it again."
    case .unsupported(let file, let found):
      "\(file): it holds \(found), and an array of float32, float16, float64 or int8 in C order is needed; convert it with "
        + "numpy.ascontiguousarray(x, dtype='float32')."
    case .wrongWidth(let file, let expected, let found):
      "\(file): a row of \(found) numbers follows rows of \(expected); give rows of one length."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
