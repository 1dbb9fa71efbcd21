import GRDB

/// Why a ``SQLiteFile`` cannot be used: who opened it makes a sentence of it.
package struct SQLiteFileError: Error, Equatable {
  /// What is to be done.
  package enum Remedy: Sendable, Equatable {
    /// Another file is to be named.
    case otherFile
    /// The disk is full.
    case freeSpace
    /// The folder and its permissions are to be looked at.
    case checkFolder
    /// The program is to be started again.
    case openAgain
    /// Something else is to be used.
    case use(String)
  }

  /// What is wrong.
  package let problem: String
  /// What is to be done.
  package let remedy: Remedy

  init(problem: String, remedy: Remedy) {
    self.problem = problem
    self.remedy = remedy
  }

  init(_ error: DatabaseError, _ kind: SQLiteFile.Kind) {
    (problem, remedy) =
      switch error.resultCode {
      case .SQLITE_NOTADB: ("this is not \(kind.name)", .otherFile)
      case .SQLITE_CORRUPT: ("it is damaged", .otherFile)
      case .SQLITE_FULL: ("the disk is full", .freeSpace)
      case .SQLITE_IOERR: ("the disk is full or fails", .freeSpace)
      case .SQLITE_CANTOPEN: ("it cannot be opened or made here", .checkFolder)
      case .SQLITE_READONLY, .SQLITE_PERM: ("it may not be written to", .checkFolder)
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        ("another program holds it and does not let go", .checkFolder)
      default: ("it cannot be used (\(error.message ?? "\(error.resultCode)"))", .checkFolder)
      }
  }
}
