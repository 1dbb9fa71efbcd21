public import Foundation

/// What can be wrong with training data.
public enum DataError: Error, Equatable {
  /// A file or folder cannot be opened or read.
  case unreadable(file: String, reason: String)
  /// A source has no training data.
  case noItems(source: String, expected: String)
  /// A pattern of shards makes no sense, or no file fits it.
  case badPattern(pattern: String, problem: String)
  /// An archive is damaged or not one that is read.
  case badArchive(file: String, problem: String)
  /// A compressed archive is too large to be held in memory.
  case compressedTooLarge(file: String, limit: Int)
  /// A line or an entry holds something else than expected.
  case malformed(file: String, line: Int?, expected: String, found: String)
  /// A batch cannot be made of so few items.
  case batchTooLarge(batchSize: Int, items: Int)
  /// The processes cannot share a batch evenly.
  case unevenShares(batchSize: Int, processes: Int)
  /// A number of the loader's makes no sense.
  case badOption(name: String, expected: String, found: String)
  /// An item has no image where images are wanted.
  case noImage(source: String, id: String)
  /// Too many images are missing or unreadable; `first` names some.
  case tooManySkipped(source: String, count: Int, of: Int, share: Double, first: [String])
  /// A table has another number of rows than there are items.
  case wrongCount(file: String, what: String, expected: Int, found: Int)
  /// A file of prepared images cannot be used.
  case badCache(file: String, problem: String)
  /// The loader was stopped.
  case stopped
}

extension DataError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: the file, the place, and what to do next.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      return "\(file): cannot be read: \(reason). Check the path and the permissions."
    case .noItems(let source, let expected):
      return "\(source): there is no training data in it; expected \(expected)."
    case .badPattern(let pattern, let problem):
      return
        "\"\(pattern)\": \(problem). Name shards by a path, or by a pattern such as train-{0000..0127}.tar."
    case .badArchive(let file, let problem):
      return "\(file): \(problem). Fetch the archive or make it again."
    case .compressedTooLarge(let file, let limit):
      return
        "\(file): unpacked, the compressed shards hold more than the \(limit >> 20) MiB that fit into "
        + "the memory limit. Decompress the shards (gunzip, unzstd); plain .tar files are read in place."
    case .malformed(let file, let line, let expected, let found):
      return "\(file)\(line.map { ", line \($0)" } ?? ""): expected \(expected), found \(found). Correct it."
    case .batchTooLarge(let batchSize, let items):
      return "a batch of \(batchSize) is larger than the \(items) items there are. Take smaller batches."
    case .unevenShares(let batchSize, let processes):
      return
        "a batch of \(batchSize) cannot be shared by \(processes) processes. Take a multiple of \(processes)."
    case .badOption(let name, let expected, let found):
      return "\(name) should be \(expected), found \(found). Correct it."
    case .noImage(let source, let id):
      return "\(source): \"\(id)\" has no image. Give a source of images, or train on text alone."
    case .tooManySkipped(let source, let count, let total, let share, let first):
      let list = first.map { "\n  " + $0 }.joined()
      return
        "\(source): \(count) of \(total) items are missing or unreadable, more than the share of \(share) that may "
        + "be skipped. Correct them, or raise max_skipped_fraction; the first are:\(list)"
    case .wrongCount(let file, let what, let expected, let found):
      return
        "\(file): it has \(found) rows where there are \(expected) \(what). Make it again for this data."
    case .badCache(let file, let problem):
      return "\(file): \(problem). Remove the file or name another one."
    case .stopped:
      return "the loading of data was stopped."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
