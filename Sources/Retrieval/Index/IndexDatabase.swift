import Files
import Foundation
import GRDB
import SQLiteFiles

/// What an index knows of files, in SQLite.
final class IndexDatabase: Sendable {
  /// A file that was looked at.
  struct File: Sendable, Equatable {
    var path: String
    var size: Int64
    /// When it changed, in nanoseconds since 1970.
    var changed: Int64
    /// See ``FileMark``; nil where it could not be read, or is to be looked at again.
    var mark: String?
    /// The row of its embedding; nil where it has none.
    var row: Int?
    /// Why it has none.
    var failure: String?
  }

  private let file: SQLiteFile
  private let folder: URL

  private static let kind = SQLiteFile.Kind(
    name: "an index", applicationID: 0x504C_4958, version: 1,
    tables: """
      CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE root (path TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;
      CREATE TABLE file (
        path TEXT PRIMARY KEY NOT NULL,
        size INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        mark TEXT,
        row INTEGER,
        failure TEXT,
        isDeleted INTEGER NOT NULL DEFAULT 0
      ) WITHOUT ROWID;
      CREATE INDEX fileMark ON file(mark) WHERE row IS NOT NULL;
      """)

  /// Opens the database of an index, or makes one.
  ///
  /// - Parameter isOnlyRead: whether a folder that cannot be written to will do.
  /// - Throws: ``RetrievalError/damagedIndex(folder:reason:)``, ``RetrievalError/unwritable(path:reason:)``.
  init(_ folder: URL, isOnlyRead: Bool = false) throws {
    self.folder = folder
    do {
      file = try SQLiteFile(
        at: ImageIndex.databaseFile(in: folder), of: Self.kind, isOnlyRead: isOnlyRead)
    } catch {
      throw RetrievalError(error, folder: folder)
    }
  }

  private func change(_ body: (Database) throws -> Void) throws {
    do { try file.change(body) } catch { throw RetrievalError(error, folder: folder) }
  }

  private func look<T>(_ body: (Database) throws -> T) throws -> T {
    do { return try file.look(body) } catch { throw RetrievalError(error, folder: folder) }
  }

  /// What is written once about the whole index.
  func meta() throws -> [String: String] {
    try look { db in
      try Row.fetchAll(db, sql: "SELECT key, value FROM meta")
        .reduce(into: [:]) { try $0[$1.value("key") as String] = $1.value("value") as String }
    }
  }

  func setMeta(_ values: [String: String]) throws {
    try change { db in
      for (key, value) in values.sorted(by: { $0.key < $1.key }) {
        try db.execute(sql: "INSERT OR REPLACE INTO meta VALUES (?, ?)", arguments: [key, value])
      }
    }
  }

  /// The folders and files that were asked for.
  func roots() throws -> [String] {
    try look { try String.fetchAll($0, sql: "SELECT path FROM root ORDER BY path") }
  }

  func addRoots(_ paths: [String]) throws {
    try change { db in
      for path in paths { try db.execute(sql: "INSERT OR IGNORE INTO root VALUES (?)", arguments: [path]) }
    }
  }

  /// All files that are there, by path.
  func files() throws -> [File] {
    try look { db in
      try Row.fetchAll(db, sql: "SELECT * FROM file WHERE NOT isDeleted ORDER BY path").map {
        try File(
          path: $0.value("path"), size: $0.value("size"), changed: $0.value("changed"),
          mark: $0.optional("mark"), row: $0.optional("row"), failure: $0.optional("failure"))
      }
    }
  }

  /// The images that are there and have an embedding.
  func imageCount() throws -> Int {
    try look {
      try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM file WHERE NOT isDeleted AND row IS NOT NULL") ?? 0
    }
  }

  /// One more than the highest row that counts or has counted: a row never becomes another image's, since marks and pages go by it.
  func rowCount() throws -> Int { try look(Self.rowCount) }

  private static func rowCount(_ db: Database) throws -> Int {
    // Deleted files keep their rows; what was written over with something else is known by the count alone.
    let kept = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'rows'").flatMap { Int($0) }
    return max(kept ?? 0, try Int.fetchOne(db, sql: "SELECT MAX(row) + 1 FROM file") ?? 0)
  }

  /// The rows of contents, by their marks.
  func rows(ofMarks marks: Set<String>) throws -> [String: Int] {
    try look { db in
      var rows: [String: Int] = [:]
      let statement = try db.cachedStatement(
        sql: "SELECT row FROM file WHERE mark = ? AND row IS NOT NULL LIMIT 1")
      for mark in marks {
        if let row = try Int.fetchOne(statement, arguments: [mark]) { rows[mark] = row }
      }
      return rows
    }
  }

  /// Files that were looked at, in place of what was known of them.
  func put(_ files: [File]) throws {
    try change { db in
      let before = try Self.rowCount(db)
      let statement = try db.cachedStatement(
        sql: """
          INSERT OR REPLACE INTO file (path, size, changed, mark, row, failure, isDeleted) VALUES (?, ?, ?, ?, ?, ?, 0)
          """)
      for file in files {
        try statement.execute(arguments: [
          file.path, file.size, file.changed, file.mark, file.row, file.failure,
        ])
      }
      let count = max(before, try Self.rowCount(db))
      try db.execute(sql: "INSERT OR REPLACE INTO meta VALUES ('rows', ?)", arguments: ["\(count)"])
    }
  }

  /// Marks files as deleted: their rows are kept, for when they come back or were moved.
  func markDeleted(_ paths: [String]) throws {
    try change { db in
      for path in paths {
        try db.execute(sql: "UPDATE file SET isDeleted = 1 WHERE path = ?", arguments: [path])
      }
    }
  }
}

extension RetrievalError {
  /// What a database of an index could not do.
  init(_ error: any Error, folder: URL) {
    self =
      switch error {
      case let error as RetrievalError: error
      case let error as SQLiteFileError where error.remedy == .openAgain: .replaced(path: folder.relativePath)
      case let error as SQLiteFileError where error.remedy == .freeSpace || error.remedy == .checkFolder:
        .unwritable(path: folder.relativePath, reason: error.problem)
      case let error as SQLiteFileError: .damagedIndex(folder: folder.relativePath, reason: error.problem)
      default: .unwritable(path: folder.relativePath, reason: "\(error)")
      }
  }
}
