import Files
import Foundation
import GRDB
import JSON
import Retrieval
import SQLiteFiles

/// Searches with their marks, and uploaded images, in a SQLite file. What was answered is on the disk.
final class SessionStore: Sendable {
  private let file: SQLiteFile
  private let path: String

  /// The most searches that nobody has saved, and the most that somebody has.
  private static let mostUnsaved = 500
  private static let mostSaved = 10_000

  private static let kind = SQLiteFile.Kind(
    name: "a file of searches", applicationID: 0x504C_5353, version: 1,
    tables: """
      CREATE TABLE model (fingerprint TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;
      CREATE TABLE session (
        id TEXT PRIMARY KEY NOT NULL,
        name TEXT,
        created REAL NOT NULL,
        changed REAL NOT NULL,
        terms TEXT NOT NULL,
        filter TEXT NOT NULL,
        current INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE INDEX sessionChanged ON session(changed);
      CREATE TABLE round (
        session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        method TEXT NOT NULL,
        good TEXT NOT NULL,
        bad TEXT NOT NULL,
        PRIMARY KEY (session, number)
      ) WITHOUT ROWID;
      CREATE TABLE upload (
        id TEXT PRIMARY KEY NOT NULL,
        added REAL NOT NULL,
        embedding BLOB NOT NULL,
        thumbnail BLOB NOT NULL
      ) WITHOUT ROWID;
      """)

  /// Opens the file of an index's searches, or makes it.
  ///
  /// - Parameter folder: the folder for searches; that of the index for nil, or the user's where the index's cannot be written to.
  /// - Throws: `RetrievalError`, where the file belongs to another model too.
  init(_ index: ImageIndex, in folder: URL? = nil) throws {
    let url = Self.url(of: index, in: folder)
    path = url.relativePath
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw RetrievalError.unwritable(path: path, reason: systemReason(of: error))
    }
    do {
      file = try SQLiteFile(at: url, of: Self.kind)
    } catch let error as SQLiteFileError {
      throw RetrievalError.unwritable(path: path, reason: error.problem)
    }
    let known = try change { db in
      if let known = try String.fetchOne(db, sql: "SELECT fingerprint FROM model") { return known }
      try db.execute(sql: "INSERT INTO model VALUES (?)", arguments: [index.model.fingerprint])
      return index.model.fingerprint
    }
    guard known == index.model.fingerprint else {
      throw RetrievalError.damagedIndex(
        folder: index.folder.relativePath,
        reason: "the searches in \(url.lastPathComponent) belong to another model")
    }
  }

  /// Beside the index it has a plain name; elsewhere, where those of several indexes may lie, that of its index.
  private static func url(of index: ImageIndex, in folder: URL?) -> URL {
    if folder == nil, access(index.folder.path, W_OK) == 0 {
      return index.folder.appendingPathComponent("searches.sqlite")
    }
    return (folder ?? UserData.url("searches")).appendingPathComponent("\(index.identity).sqlite")
  }

  private func change<T>(_ body: (Database) throws -> T) throws -> T {
    do { return try file.change(body) } catch let error as SQLiteFileError {
      guard error.remedy != .openAgain else { throw RetrievalError.replaced(path: path) }
      throw RetrievalError.unwritable(path: path, reason: error.problem)
    }
  }

  private func look<T>(_ body: (Database) throws -> T) throws -> T {
    do { return try file.look(body) } catch let error as SQLiteFileError {
      guard error.remedy != .openAgain else { throw RetrievalError.replaced(path: path) }
      throw RetrievalError.unreadable(path: path, reason: error.problem)
    }
  }

  /// All searches, the saved ones first, and of each kind that which changed last.
  func all() throws -> [SearchSession] {
    try look { db in
      // Saved ones first; one that cannot be read is no reason to lose the others.
      try Row.fetchAll(
        db,
        sql:
          "SELECT * FROM session ORDER BY name IS NULL, changed DESC, id LIMIT \(Self.mostSaved + Self.mostUnsaved)"
      )
      .compactMap { try? Self.session($0, db) }
    }
  }

  /// A search. Throws ``APIError`` where there is none.
  func session(_ id: String) throws -> SearchSession {
    try look { try Self.find(id, $0) }
  }

  private static func find(_ id: String, _ db: Database) throws -> SearchSession {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM session WHERE id = ?", arguments: [id]) else {
      throw APIError.notFound("this search is not there; it may have been deleted.")
    }
    return try session(row, db)
  }

  private static func session(_ row: Row, _ db: Database) throws -> SearchSession {
    let id: String = try row.value("id")
    let rounds = try Row.fetchAll(
      db, sql: "SELECT * FROM round WHERE session = ? ORDER BY number", arguments: [id])
    guard !rounds.isEmpty else { throw APIError.notFound("this search is damaged; delete it.") }
    let terms = try JSONValue(parsing: (row.value("terms") as String).utf8).array ?? []
    return SearchSession(
      id: id, name: try row.optional("name"), created: try date(row, "created"),
      changed: try date(row, "changed"),
      terms: try terms.map { try TermRequest($0) },
      filter: try FilterRequest(JSONValue(parsing: (row.value("filter") as String).utf8)),
      current: min(max(0, try row.value("current")), rounds.count - 1),
      rounds: try rounds.map {
        try SearchSession.Round(
          method: FeedbackMethod(rawValue: $0.value("method")) ?? .text, good: images($0.value("good")),
          bad: images($0.value("bad")))
      })
  }

  private static func date(_ row: Row, _ column: String) throws -> Date {
    let seconds: Double = try row.value(column)
    // Years of four digits, as they are told.
    guard (0..<253_402_300_800).contains(seconds) else {
      throw APIError.notFound("this search is damaged; delete it.")
    }
    return Date(timeIntervalSince1970: seconds)
  }

  private static func images(_ text: String) -> [Int] { text.split(separator: " ").compactMap { Int($0) } }

  /// Begins a search.
  func add(terms: [TermRequest], filter: FilterRequest) throws -> SearchSession {
    let now = Date()
    let session = SearchSession(
      id: Self.randomID(), name: nil, created: now, changed: now, terms: terms, filter: filter, current: 0,
      rounds: [SearchSession.Round(method: .text)])
    try change { db in
      try Self.write(session, db)
      try db.execute(
        sql: """
          DELETE FROM session WHERE name IS NULL AND id NOT IN (
            SELECT id FROM session WHERE name IS NULL ORDER BY changed DESC, id LIMIT \(Self.mostUnsaved))
          """)
    }
    return session
  }

  /// Changes a search. Throws ``APIError``, and what `body` throws; nothing is changed then.
  func update(_ id: String, _ body: (inout SearchSession) throws -> Void) throws -> SearchSession {
    try change { db in
      var session = try Self.find(id, db)
      try body(&session)
      session.changed = Date()
      try Self.write(session, db)
      let saved = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM session WHERE name IS NOT NULL") ?? 0
      guard saved <= Self.mostSaved else {
        throw APIError.conflict("\(Self.mostSaved) searches are saved; delete some.")
      }
      return session
    }
  }

  /// Forgets a search. Throws ``APIError`` where there is none.
  func delete(_ id: String) throws {
    try change { db in
      try db.execute(sql: "DELETE FROM session WHERE id = ?", arguments: [id])
      guard db.changesCount > 0 else { throw APIError.notFound("this search is not there.") }
    }
  }

  private static func write(_ session: SearchSession, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
          name = excluded.name, changed = excluded.changed, current = excluded.current
        """,
      arguments: [
        session.id, session.name, session.created.timeIntervalSince1970,
        session.changed.timeIntervalSince1970,
        try JSONValue.array(session.terms.map(\.json)).text(), try session.filter.json.text(),
        session.current,
      ])
    try db.execute(
      sql: "DELETE FROM round WHERE session = ? AND number >= ?",
      arguments: [session.id, session.rounds.count])
    for (number, round) in session.rounds.enumerated() {
      func text(_ images: [Int]) -> String { images.map { "\($0)" }.joined(separator: " ") }
      try db.execute(
        sql: "INSERT OR REPLACE INTO round VALUES (?, ?, ?, ?, ?)",
        arguments: [session.id, number, round.method.rawValue, text(round.good), text(round.bad)])
    }
  }

  private static func randomID() -> String {
    (0..<2).map { _ in
      let digits = String(UInt64.random(in: .min ... .max), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

// MARK: - Uploads

extension SessionStore {
  private static let mostUploads = 500

  /// Keeps an uploaded image. Returns its id.
  func addUpload(_ embedding: [Float], thumbnail: Data) throws -> String {
    let id = Uploads.prefix + Self.randomID()
    let bytes = embedding.withUnsafeBytes { Data($0) }
    try change { db in
      try db.execute(
        sql: "INSERT INTO upload VALUES (?, ?, ?, ?)",
        arguments: [id, Date().timeIntervalSince1970, bytes, thumbnail])
      try db.execute(
        sql: """
          DELETE FROM upload WHERE id NOT IN (SELECT id FROM upload ORDER BY added DESC LIMIT \(Self.mostUploads))
            AND NOT EXISTS (SELECT 1 FROM session WHERE name IS NOT NULL AND instr(session.terms, upload.id))
          """)
    }
    return id
  }

  /// The embedding of an uploaded image. Throws ``APIError`` where there is none.
  func embedding(ofUpload id: String) throws -> [Float] {
    let bytes = try look {
      try Data.fetchOne($0, sql: "SELECT embedding FROM upload WHERE id = ?", arguments: [id])
    }
    guard let bytes else {
      throw APIError.notFound("this uploaded image is not there any more; add it again.")
    }
    var numbers = [Float](repeating: 0, count: bytes.count / 4)
    numbers.withUnsafeMutableBytes { $0.copyBytes(from: bytes.prefix($0.count)) }
    return numbers
  }

  /// The image of an upload as JPEG. Throws ``APIError`` where there is none.
  func thumbnail(ofUpload id: String) throws -> Data {
    let bytes = try look {
      try Data.fetchOne($0, sql: "SELECT thumbnail FROM upload WHERE id = ?", arguments: [id])
    }
    guard let bytes else {
      throw APIError.notFound("this uploaded image is not there any more; add it again.")
    }
    return bytes
  }
}

/// The ids of uploaded images.
enum Uploads {
  static let prefix = "u-"

  static func isID(_ text: String) -> Bool {
    text.hasPrefix(prefix) && (1...32).contains(text.utf8.count - prefix.utf8.count)
      && text.utf8.dropFirst(prefix.utf8.count).allSatisfy {
        $0 < 128 && Character(UnicodeScalar($0)).isHexDigit
      }
  }
}
