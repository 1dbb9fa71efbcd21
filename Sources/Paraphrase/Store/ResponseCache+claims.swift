import GRDB

extension ResponseCache {
  /// What came of asking a question that this process has claimed.
  package struct Outcome: Sendable {
    /// The question.
    package var key: String
    /// The paraphrase, or what is wrong with it; nil where the question was not put after all, as when its batch is
    /// asked again in parts.
    package var result: Result<String, ResponseFault>?
    /// What this attempt cost.
    package var tokens: Int

    /// Creates an outcome.
    package init(key: String, result: Result<String, ResponseFault>?, tokens: Int) {
      self.key = key
      self.result = result
      self.tokens = tokens
    }
  }

  /// Claims questions that have no answer, all in one step.
  ///
  /// - Parameter limit: the attempts after which a question is skipped.
  /// - Returns: what is known of each, in the order of the questions.
  package func claim(_ questions: [Question], attempts limit: Int) throws -> [State] {
    try change { db in
      let find = try db.cachedStatement(sql: "SELECT * FROM answer WHERE key = ?")
      var gone: [String: Bool] = [:]
      return try questions.map { question in
        guard let row = try Row.fetchOne(find, arguments: [question.key]) else {
          try db.cachedStatement(
            sql: "INSERT INTO answer (key, step, input, owner, lease) VALUES (?, ?, ?, ?, ?)"
          ).execute(arguments: [
            question.key, question.step.rawValue, question.input, owner.text, now() + lease,
          ])
          return .claimed(attempts: 0, problem: nil)
        }
        if let state = Self.finished(row, limit: limit) { return state }
        if let other: String = row["owner"], other != owner.text, row["lease"] as Double? ?? 0 > now() {
          let isGone = gone[other] ?? CacheOwner(text: other).isGone
          gone[other] = isGone
          if !isGone { return .busy }
        }
        try db.cachedStatement(
          sql: "UPDATE answer SET owner = ?, lease = ?, isSkippedItem = 0 WHERE key = ?"
        ).execute(arguments: [owner.text, now() + lease, question.key])
        return .claimed(attempts: row["attempts"], problem: row["problem"])
      }
    }
  }

  /// What is known already; nil where a question is still to be asked.
  package func known(_ keys: [String], attempts limit: Int) throws -> [State?] {
    try look { db in
      let find = try db.cachedStatement(sql: "SELECT * FROM answer WHERE key = ?")
      return try keys.map {
        try Row.fetchOne(find, arguments: [$0]).flatMap { Self.finished($0, limit: limit) }
      }
    }
  }

  private static func finished(_ row: Row, limit: Int) -> State? {
    if let text: String = row["text"] { return .answered(text, tokens: row["tokens"]) }
    let attempts: Int = row["attempts"]
    guard row["isSkippedItem"] as Bool, attempts >= limit else { return nil }
    return .skipped(fault: row["fault"] ?? "malformed answer", tokens: row["tokens"])
  }

  /// Notes what came of a request and what it cost, in one step.
  ///
  /// - Returns: the state of each question now; `claimed` is to be asked again.
  package func record(_ outcomes: [Outcome], attempts limit: Int, reservation: Int64?, tokens: Int) throws
    -> [State]
  {
    try change { db in
      try settle(db, reservation: reservation, tokens: tokens)
      let find = try db.cachedStatement(sql: "SELECT * FROM answer WHERE key = ?")
      return try outcomes.map { outcome in
        switch outcome.result {
        case .success(let text):
          // Of two answers, after a claim that ended before its time, the first one stays.
          try db.cachedStatement(
            sql: """
              UPDATE answer SET text = COALESCE(text, ?), fault = NULL, problem = NULL, attempts = attempts + 1,
                tokens = tokens + ?, owner = NULL, lease = NULL, isSkippedItem = 0 WHERE key = ?
              """
          ).execute(arguments: [text, outcome.tokens, outcome.key])
        case .failure(let fault):
          try db.cachedStatement(
            sql: """
              UPDATE answer SET fault = ?, problem = ?, isSkippedItem = attempts + 1 >= ?, attempts = attempts + 1,
                tokens = tokens + ?, owner = CASE WHEN attempts + 1 >= ? THEN NULL ELSE owner END WHERE key = ?
              """
          ).execute(arguments: [fault.name, fault.reason, limit, outcome.tokens, limit, outcome.key])
        case nil:
          try db.cachedStatement(sql: "UPDATE answer SET tokens = tokens + ? WHERE key = ?")
            .execute(arguments: [outcome.tokens, outcome.key])
        }
        guard let row = try Row.fetchOne(find, arguments: [outcome.key]) else { return .busy }
        return Self.finished(row, limit: limit)
          ?? .claimed(attempts: row["attempts"], problem: row["problem"])
      }
    }
  }

  /// Gives claims back that are not asked after all.
  package func release(_ keys: [String]) throws {
    try change { db in
      for key in keys {
        try db.cachedStatement(
          sql: "UPDATE answer SET owner = NULL, lease = NULL WHERE key = ? AND owner = ?"
        )
        .execute(arguments: [key, owner.text])
      }
    }
  }

  /// Lengthens the leases of all claims of this process.
  package func renew() throws {
    try change { db in
      try db.execute(
        sql: "UPDATE answer SET lease = ? WHERE owner = ?", arguments: [now() + lease, owner.text])
    }
  }
}
