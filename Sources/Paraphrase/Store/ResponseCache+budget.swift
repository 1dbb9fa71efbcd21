import GRDB

extension ResponseCache {
  /// Whether a request may be sent.
  package enum Permission: Equatable {
    /// It may; the number of the reservation is handed back with what it cost.
    case granted(Int64)
    /// Not before other requests are done, which have reserved more than they will need.
    case wait
    /// Not at all.
    case exhausted
  }

  /// Reserves what a request may cost at most, before it is sent. All processes that share the cache share its budget.
  package func reserve(_ tokens: Int, budget: Int?) throws -> Permission {
    try change { db in
      if let budget {
        let spent = try Int.fetchOne(db, sql: "SELECT tokens FROM total") ?? 0
        let rows = try Row.fetchAll(db, sql: "SELECT owner, tokens FROM reservation")
        // What a process that died had reserved may have been spent.
        let reserved = rows.reduce(0) { $0 + ($1["tokens"] as Int) }
        if spent + reserved + tokens > budget {
          let isAnyAlive = rows.contains { !CacheOwner(text: $0["owner"]).isGone }
          return isAnyAlive ? .wait : .exhausted
        }
      }
      try db.execute(
        sql: "INSERT INTO reservation (owner, tokens) VALUES (?, ?)", arguments: [owner.text, tokens])
      return .granted(db.lastInsertedRowID)
    }
  }

  /// Takes back the reservation of a request that was not sent.
  func release(_ reservation: Int64) throws {
    try change { try $0.execute(sql: "DELETE FROM reservation WHERE id = ?", arguments: [reservation]) }
  }

  /// Replaces a reservation by what its request cost.
  package func settle(_ reservation: Int64, tokens: Int) throws {
    try change { try settle($0, reservation: reservation, tokens: tokens) }
  }

  func settle(_ db: Database, reservation: Int64?, tokens: Int) throws {
    guard let reservation else { return }
    try db.execute(sql: "DELETE FROM reservation WHERE id = ?", arguments: [reservation])
    try db.execute(sql: "UPDATE total SET tokens = tokens + ?, requests = requests + 1", arguments: [tokens])
  }

  /// The tokens and requests of all runs with this cache.
  package func spent() throws -> (tokens: Int, requests: Int) {
    try look { db in
      let row = try Row.fetchOne(db, sql: "SELECT tokens, requests FROM total")
      return (row?["tokens"] ?? 0, row?["requests"] ?? 0)
    }
  }
}
