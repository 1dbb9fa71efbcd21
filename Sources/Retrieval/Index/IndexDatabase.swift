import Files
import Foundation
import GRDB

/// What an index knows of files, in SQLite.
final class IndexDatabase: Sendable {
  /// A file that was looked at.
  struct File: Sendable, Equatable {
    var path: String
    var size: Int64
    /// When it changed, in nanoseconds since 1970.
    var changed: Int64
    /// See ``FileMark``; nil where it could not be read.
    var mark: String?
    /// The row of its embedding; nil where it has none.
    var row: Int?
    /// Why it has none.
    var failure: String?
  }

  private let queue: DatabaseQueue
  private let folder: URL

  /// Marks the file as an index of this program: "PLIX".
  private static let applicationID = 0x504C_4958
  private static let version = 1

  /// Opens the database of an index, or makes one.
  ///
  /// - Throws: ``RetrievalError/damagedIndex(folder:reason:)``, ``RetrievalError/unwritable(path:reason:)``.
  init(_ folder: URL) throws {
    self.folder = folder
    let url = folder.appendingPathComponent("index.sqlite")
    var configuration = Configuration()
    configuration.busyMode = .timeout(60)
    configuration.journalMode = .wal
    configuration.prepareDatabase { db in
      // What is committed outlives a loss of power.
      try db.execute(sql: "PRAGMA synchronous = FULL")
    }
    do {
      queue = try DatabaseQueue(path: url.path, configuration: configuration)
      let problem = try queue.write { try Self.prepare($0) }
      if let problem { throw RetrievalError.damagedIndex(folder: folder.relativePath, reason: problem) }
    } catch let error as DatabaseError {
      throw Self.readable(error, folder)
    }
  }

  private static func prepare(_ db: Database) throws -> String? {
    let identity = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    if identity == applicationID {
      return version == Self.version ? nil : "it has version \(version), and \(Self.version) is read"
    }
    guard identity == 0, try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") == 0 else {
      return "index.sqlite is a database of another program"
    }
    try db.execute(
      sql: """
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(Self.version);
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
    return nil
  }

  private static func readable(_ error: DatabaseError, _ folder: URL) -> RetrievalError {
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      .damagedIndex(folder: folder.relativePath, reason: "index.sqlite is no database, or a damaged one")
    default: .unwritable(path: folder.relativePath, reason: error.message ?? "\(error.resultCode)")
    }
  }

  private func change(_ body: (Database) throws -> Void) throws {
    do { try queue.write(body) } catch let error as DatabaseError { throw Self.readable(error, folder) }
  }

  private func look<T>(_ body: (Database) throws -> T) throws -> T {
    do { return try queue.read(body) } catch let error as DatabaseError {
      throw Self.readable(error, folder)
    }
  }

  /// What is written once about the whole index.
  func meta() throws -> [String: String] {
    try look { db in
      try Row.fetchAll(db, sql: "SELECT key, value FROM meta")
        .reduce(into: [:]) { $0[$1["key"] as String] = $1["value"] as String }
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
        File(
          path: $0["path"], size: $0["size"], changed: $0["changed"], mark: $0["mark"], row: $0["row"],
          failure: $0["failure"])
      }
    }
  }

  /// The images that are there and have an embedding.
  func imageCount() throws -> Int {
    try look {
      try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM file WHERE NOT isDeleted AND row IS NOT NULL") ?? 0
    }
  }

  /// One more than the highest row that counts; deleted files keep theirs.
  func rowCount() throws -> Int {
    try look { try Int.fetchOne($0, sql: "SELECT MAX(row) + 1 FROM file") ?? 0 }
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
      let statement = try db.cachedStatement(
        sql: """
          INSERT OR REPLACE INTO file (path, size, changed, mark, row, failure, isDeleted) VALUES (?, ?, ?, ?, ?, ?, 0)
          """)
      for file in files {
        try statement.execute(arguments: [
          file.path, file.size, file.changed, file.mark, file.row, file.failure,
        ])
      }
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
