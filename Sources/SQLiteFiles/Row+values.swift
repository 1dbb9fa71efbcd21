package import GRDB

extension Row {
  /// The value of a column; nil where it is NULL.
  ///
  /// GRDB's own subscripts end the process where a value is of another type, as any may be in a file that was damaged or changed by hand.
  ///
  /// - Throws: ``SQLiteFileError``.
  package func optional<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
    guard hasColumn(column) else { throw SQLiteFileError(problem: Self.damage(column), remedy: .otherFile) }
    let stored: DatabaseValue = self[column]
    guard !stored.isNull else { return nil }
    guard let value = Value.fromDatabaseValue(stored) else {
      throw SQLiteFileError(problem: Self.damage(column), remedy: .otherFile)
    }
    return value
  }

  /// The value of a column that has one. Throws ``SQLiteFileError``.
  package func value<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
    guard let value: Value = try optional(column) else {
      throw SQLiteFileError(problem: Self.damage(column), remedy: .otherFile)
    }
    return value
  }

  private static func damage(_ column: String) -> String { "it is damaged at the column \"\(column)\"" }
}
