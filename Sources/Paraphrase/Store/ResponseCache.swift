public import Foundation
import GRDB

/// Answers of language models in a SQLite file, so that nothing is asked or paid for twice.
///
/// Several processes may share a cache. What one of them asks it has claimed, and nobody else asks it meanwhile; a claim
/// ends with its answer, with its process, or with a lease that its process renews.
public final class ResponseCache: Sendable {
  /// A question: what is asked of which model, and how.
  public struct Question: Sendable, Equatable {
    /// What names it, whoever asks and wherever.
    public var key: String
    /// The step.
    public var step: ParaphraseStep
    /// The caption that is to be paraphrased.
    public var input: String

    /// Creates a question.
    public init(key: String, step: ParaphraseStep, input: String) {
      self.key = key
      self.step = step
      self.input = input
    }
  }

  /// What the cache knows of a question.
  public enum State: Sendable, Equatable {
    /// There is an answer.
    case answered(String, tokens: Int)
    /// It was asked so often that it is skipped.
    case skipped(fault: String, tokens: Int)
    /// Now claimed by this process; `problem` is what was wrong with the last answer.
    case claimed(attempts: Int, problem: String?)
    /// Another process asks it.
    case busy
  }

  /// The file as the user named it.
  public let name: String
  let queue: DatabaseQueue
  let owner: CacheOwner
  let lease: Double
  let now: @Sendable () -> Double

  /// Marks the file as a cache of this program.
  static let applicationID = 0x504C_4D42
  static let version = 1

  /// Opens a cache, which is made where there is none.
  ///
  /// - Parameters:
  ///   - lease: seconds after which a claim ends that is not renewed.
  ///   - now: seconds since some beginning that all processes share.
  /// - Throws: ``ParaphraseError/badCache(file:problem:remedy:)``.
  public convenience init(
    at url: URL, lease: Double = 120, now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
  ) throws {
    try self.init(at: url, lease: lease, owner: .current(), now: now)
  }

  package init(at url: URL, lease: Double, owner: CacheOwner, now: @escaping @Sendable () -> Double) throws {
    name = url.relativePath
    self.owner = owner
    self.lease = lease
    self.now = now
    do {
      queue = try Self.open(url)
    } catch {
      throw Self.readable(error, file: url.relativePath)
    }
  }

  /// Opens the file, also while another process makes it.
  private static func open(_ url: URL) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = .timeout(60)
    configuration.journalMode = .wal
    configuration.prepareDatabase { db in
      // An answer that is paid for outlives a loss of power.
      try db.execute(sql: "PRAGMA synchronous = FULL")
    }
    var attempt = 0
    while true {
      do {
        let queue = try DatabaseQueue(path: url.path, configuration: configuration)
        try queue.writeWithoutTransaction { db in
          try db.inTransaction(.immediate) {
            try prepare(db)
            return .commit
          }
        }
        return queue
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && attempt < 100 {
        attempt += 1
        Thread.sleep(forTimeInterval: 0.05)
      }
    }
  }

  /// What is wrong with a file that is a database, but none of these.
  struct Foreign: Error {
    let problem: String
    let remedy: String
  }

  private static func prepare(_ db: Database) throws {
    let identity = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    if identity == applicationID {
      guard version == Self.version else {
        throw Foreign(
          problem: "the cache has version \(version), and \(Self.version) is read",
          remedy: "use the Plumb that made it, or name another file with --cache")
      }
      return
    }
    guard identity == 0, version == 0, try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") == 0
    else {
      throw Foreign(
        problem: "this is a database of another program", remedy: "name another file with --cache")
    }
    try db.execute(
      sql: """
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(Self.version);
        CREATE TABLE answer (
          key TEXT PRIMARY KEY NOT NULL,
          step INTEGER NOT NULL,
          input TEXT NOT NULL,
          text TEXT,
          fault TEXT,
          problem TEXT,
          isSkippedItem INTEGER NOT NULL DEFAULT 0,
          attempts INTEGER NOT NULL DEFAULT 0,
          tokens INTEGER NOT NULL DEFAULT 0,
          owner TEXT,
          lease REAL
        ) WITHOUT ROWID;
        CREATE INDEX claim ON answer(owner) WHERE owner IS NOT NULL;
        CREATE TABLE reservation (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, tokens INTEGER NOT NULL);
        CREATE TABLE total (id INTEGER PRIMARY KEY, tokens INTEGER NOT NULL, requests INTEGER NOT NULL);
        INSERT INTO total VALUES (1, 0, 0);
        """)
  }

  /// Changes the cache in one step that no other process sees half.
  func change<T>(_ body: (Database) throws -> T) throws -> T {
    do {
      var result: T?
      try queue.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          result = try body(db)
          return .commit
        }
      }
      guard let result else { throw Foreign(problem: "nothing was changed", remedy: "try again") }
      return result
    } catch {
      throw Self.readable(error, file: name)
    }
  }

  /// Looks into the cache.
  func look<T>(_ body: (Database) throws -> T) throws -> T {
    do {
      return try queue.read(body)
    } catch {
      throw Self.readable(error, file: name)
    }
  }

  static func readable(_ error: any Error, file: String) -> any Error {
    switch error {
    case let error as Foreign:
      ParaphraseError.badCache(file: file, problem: error.problem, remedy: error.remedy)
    case let error as DatabaseError:
      ParaphraseError.badCache(file: file, problem: problem(error), remedy: remedy(error))
    default: error
    }
  }

  private static func problem(_ error: DatabaseError) -> String {
    switch error.resultCode {
    case .SQLITE_NOTADB: "this is not a cache of responses"
    case .SQLITE_CORRUPT: "the cache is damaged"
    case .SQLITE_FULL: "the disk is full"
    case .SQLITE_CANTOPEN: "the cache cannot be opened or made here"
    case .SQLITE_READONLY, .SQLITE_PERM: "the cache may not be written to"
    case .SQLITE_BUSY, .SQLITE_LOCKED: "another program holds the cache and does not let go"
    default: "the cache cannot be used (\(error.message ?? "\(error.resultCode)"))"
    }
  }

  private static func remedy(_ error: DatabaseError) -> String {
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT: "name another file with --cache"
    case .SQLITE_FULL: "free some space and run the same command again"
    default: "check the folder and its permissions, or name another file with --cache"
    }
  }
}
