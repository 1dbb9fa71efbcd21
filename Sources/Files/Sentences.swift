import Foundation

/// The text that an error has for people.
package func sentence(for error: any Error) -> String {
  if let error = error as? any CustomStringConvertible & LocalizedError { return error.description }
  if let text = (error as? any LocalizedError)?.errorDescription { return text }
  return String(describing: error)
}

/// A number with its noun: `1 caption`, `2 captions`.
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
