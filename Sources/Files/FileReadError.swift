public import Foundation

/// Why a file cannot be read.
public enum FileReadError: Error, Sendable, Equatable {
  /// Nothing is at the path.
  case notFound(path: String)
  /// The system does not let the file be read.
  case unreadable(path: String, reason: String)
  /// The file contradicts its own format; `key` says where.
  case damaged(file: String, key: String, expected: String, found: String)
  /// Two arguments are standard input, which is one file.
  case standardInputTwice
}

extension FileReadError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .notFound(let path):
      "\(path): there is no such file or folder; check the path."
    case .unreadable(let path, let reason):
      "\(path): cannot be read (\(reason)); check that it is a file you may read."
    case .damaged(let file, let key, let expected, let found):
      "\(file): damaged at \(key): expected \(expected), found \(found); fetch the file again."
    case .standardInputTwice:
      "standard input (-) is one file, and two arguments name it; name a file for one of them."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
