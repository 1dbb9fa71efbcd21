public import Foundation

/// Where a text stops being JSON, and why.
public struct JSONSyntaxError: Error, Equatable, LocalizedError, CustomStringConvertible {
  /// The byte at which it goes wrong.
  public let offset: Int
  /// What is wrong there, in words.
  public let problem: String

  package init(offset: Int, problem: String) {
    self.offset = offset
    self.problem = problem
  }

  /// One sentence for people.
  public var description: String { "byte \(offset) of the JSON text: \(problem); correct it." }

  /// The same sentence.
  public var errorDescription: String? { description }
}
