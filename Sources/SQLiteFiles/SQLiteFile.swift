import Files
package import Foundation
package import GRDB

/// A SQLite file of one kind, which several processes may share. What is committed outlives a loss of power.
package final class SQLiteFile: Sendable {
  /// What a file is for.
  package struct Kind: Sendable {
    /// What it is called in errors: "a cache of responses".
    package var name: String
    /// Marks files as this kind's.
    package var applicationID: Int
    /// The version of its tables.
    package var version: Int
    /// What makes the tables.
    package var tables: String

    /// Describes a kind.
    package init(name: String, applicationID: Int, version: Int, tables: String) {
      self.name = name
      self.applicationID = applicationID
      self.version = version
      self.tables = tables
    }
  }

  package let queue: DatabaseQueue
  private let kind: Kind
  private let url: URL
  /// What lay there when the file was opened.
  private let opened: FileIdentity?

  /// Opens a file, or makes it, also while another process makes it.
  ///
  /// - Parameter isOnlyRead: whether a file that cannot be written to will do, as on a disk that is full or was mounted for reading.
  /// - Throws: ``SQLiteFileError``.
  package init(at url: URL, of kind: Kind, isOnlyRead: Bool = false) throws {
    self.kind = kind
    self.url = url
    do {
      queue = try Self.open(url, kind, isOnlyRead: isOnlyRead)
    } catch let error as DatabaseError {
      throw SQLiteFileError(error, kind)
    }
    opened = FileIdentity(url)
  }

  private static func open(_ url: URL, _ kind: Kind, isOnlyRead: Bool) throws -> DatabaseQueue {
    guard !isOnlyRead || access(url.deletingLastPathComponent().path, W_OK) == 0 else {
      return try unwritable(url, kind)
    }
    do {
      return try writable(url, kind)
    } catch let error as DatabaseError
      where isOnlyRead && [.SQLITE_IOERR, .SQLITE_FULL].contains(error.resultCode)
    {
      // The disk has no room for what SQLite puts beside a file that is shared.
      return try unwritable(url, kind)
    }
  }

  /// Refuses a file that lies at its path no longer: SQLite would go on with it, what it is told would be lost, and files beside it belong to
  /// another one by now.
  private func checkPlace() throws {
    guard FileIdentity(url) == opened else {
      throw SQLiteFileError(
        problem: "it was removed or replaced after it had been opened", remedy: .openAgain)
    }
  }

  private static func configuration() -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(60)
    return configuration
  }

  private static func writable(_ url: URL, _ kind: Kind) throws -> DatabaseQueue {
    var configuration = configuration()
    configuration.journalMode = .wal
    configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
    var attempt = 0
    let queue: DatabaseQueue
    while true {
      do {
        queue = try DatabaseQueue(path: url.path, configuration: configuration)
        break
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && attempt < 100 {
        attempt += 1
        Thread.sleep(forTimeInterval: 0.05)
      }
    }
    try change(queue) { try prepare($0, kind) }
    return queue
  }

  private static func unwritable(_ url: URL, _ kind: Kind) throws -> DatabaseQueue {
    var configuration = configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: unwritablePath(url), configuration: configuration)
    guard try queue.read({ try isOfKind($0, kind) }) else {
      throw SQLiteFileError(problem: "it is empty", remedy: .otherFile)
    }
    return queue
  }

  /// What SQLite opens where it can make no file beside: it looks for no other process then. A file whose last changes are still beside it
  /// is not complete, and is opened as usual.
  private static func unwritablePath(_ url: URL) -> String {
    let log = try? FileManager.default.attributesOfItem(atPath: url.path + "-wal")
    guard (log?[.size] as? Int ?? 0) == 0,
      let path = url.path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed)
    else { return url.path }
    return "file:\(path)?immutable=1"
  }

  private static func prepare(_ db: Database, _ kind: Kind) throws {
    guard try !isOfKind(db, kind) else { return }
    try db.execute(
      sql: "PRAGMA application_id = \(kind.applicationID); PRAGMA user_version = \(kind.version);")
    try db.execute(sql: kind.tables)
  }

  /// Whether it has this kind's tables; false where it is new. Throws ``SQLiteFileError`` where it is another's.
  private static func isOfKind(_ db: Database, _ kind: Kind) throws -> Bool {
    let identity = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    if identity == kind.applicationID {
      guard version == kind.version else {
        throw SQLiteFileError(
          problem: "it has version \(version), and \(kind.version) is read",
          remedy: .use("the Plumb that made it"))
      }
      return true
    }
    guard identity == 0, version == 0, try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") == 0
    else { throw SQLiteFileError(problem: "this is a database of another program", remedy: .otherFile) }
    return false
  }

  /// Changes the file in one step that no other process sees half. Throws ``SQLiteFileError``, and what `body` throws.
  package func change<T>(_ body: (Database) throws -> T) throws -> T {
    try checkPlace()
    do {
      return try Self.change(queue, body)
    } catch let error as DatabaseError {
      throw SQLiteFileError(error, kind)
    }
  }

  private static func change<T>(_ queue: DatabaseQueue, _ body: (Database) throws -> T) throws -> T {
    try queue.writeWithoutTransaction { db in
      var result: Result<T, any Error> = .failure(CancellationError())
      try db.inTransaction(.immediate) {
        result = .success(try body(db))
        return .commit
      }
      return try result.get()
    }
  }

  /// Looks into the file. Throws ``SQLiteFileError``, and what `body` throws.
  package func look<T>(_ body: (Database) throws -> T) throws -> T {
    try checkPlace()
    do { return try queue.read(body) } catch let error as DatabaseError {
      throw SQLiteFileError(error, kind)
    }
  }
}
