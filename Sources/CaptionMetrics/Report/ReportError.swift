public import Foundation

/// What can be wrong with a report.
public enum ReportError: Error, Equatable {
  /// A score is not a finite number.
  case notFinite(name: String)
  /// A score was added with another number of captions than the report has.
  case wrongCount(name: String, expected: Int, found: Int)
}

extension ReportError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .notFinite(let name):
      "the value of \"\(name)\" is not a finite number, and is not reported; please send in the captions that "
        + "make it so."
    case .wrongCount(let name, let expected, let found):
      "\"\(name)\" has \(found) values for \(expected) captions; give one a caption."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}

extension MetricResult {
  /// Checks that there is a finite value for each of so many captions, and for the corpus.
  ///
  /// - Throws: ``ReportError``.
  func check(count: Int) throws {
    guard perItem.count == count else {
      throw ReportError.wrongCount(name: name, expected: count, found: perItem.count)
    }
    guard corpus.isFinite, perItem.allSatisfy(\.isFinite) else { throw ReportError.notFinite(name: name) }
  }
}
