public import Foundation
import GRDB
import SQLiteFiles

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
  private let database: SQLiteFile
  let owner: CacheOwner
  let lease: Double
  let now: @Sendable () -> Double

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
      database = try SQLiteFile(at: url, of: Self.kind)
    } catch {
      throw Self.readable(error, file: url.relativePath)
    }
  }

  private static let kind = SQLiteFile.Kind(
    name: "a cache of responses", applicationID: 0x504C_4D42, version: 1,
    tables: """
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

  /// Changes the cache in one step that no other process sees half.
  func change<T>(_ body: (Database) throws -> T) throws -> T {
    do { return try database.change(body) } catch { throw Self.readable(error, file: name) }
  }

  /// Looks into the cache.
  func look<T>(_ body: (Database) throws -> T) throws -> T {
    do { return try database.look(body) } catch { throw Self.readable(error, file: name) }
  }

  private static func readable(_ error: any Error, file: String) -> any Error {
    guard let error = error as? SQLiteFileError else { return error }
    let remedy =
      switch error.remedy {
      case .otherFile: "name another file with --cache"
      case .freeSpace: "free some space and run the same command again"
      case .checkFolder: "check the folder and its permissions, or name another file with --cache"
      case .openAgain: "run the same command again"
      case .use(let other): "use \(other), or name another file with --cache"
      }
    return ParaphraseError.badCache(file: file, problem: error.problem, remedy: remedy)
  }
}
