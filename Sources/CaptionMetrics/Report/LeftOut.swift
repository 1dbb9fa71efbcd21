import Foundation

/// An item that a run with `--keep-going` left out, and why.
public struct LeftOut: Sendable, Equatable {
  /// The item's id; `nil` where none could be read.
  public var id: String?
  /// One sentence, as the error would have said it.
  public var reason: String

  /// Creates an entry of the list of what was left out.
  public init(id: String?, reason: String) {
    self.id = id
    self.reason = reason
  }
}

/// The text that an error has for people.
package func sentence(for error: any Error) -> String {
  if let error = error as? any CustomStringConvertible & LocalizedError { return error.description }
  if let text = (error as? any LocalizedError)?.errorDescription { return text }
  return String(describing: error)
}
