import Foundation

/// The text that an error has for people.
package func sentence(for error: any Error) -> String {
  if let error = error as? any CustomStringConvertible & LocalizedError { return error.description }
  if let text = (error as? any LocalizedError)?.errorDescription { return text }
  let system = error as NSError
  guard system.domain == NSCocoaErrorDomain else { return String(describing: error) }
  let place = (system.userInfo[NSFilePathErrorKey] as? String).map { "\($0): " } ?? ""
  return "\(place)\(systemReason(of: error)); check the path and the permissions."
}

/// Why the system refuses a file, such as `Permission denied`: what Foundation's errors have below them, or else what they say.
package func systemReason(of error: any Error) -> String {
  let cause = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error).map { $0 as NSError }
  if let cause, cause.domain == NSPOSIXErrorDomain {
    return String(cString: strerror(Int32(truncatingIfNeeded: cause.code)))
  }
  return error.localizedDescription.trimmingCharacters(in: ["."])
}

/// Why the system finds no file of a name: `No such file or directory`, or that the name is not UTF-8, which it lost when it
/// became a string.
package func missingReason(of name: String) -> String {
  name.contains("\u{FFFD}") ? "its name is not UTF-8" : String(cString: strerror(ENOENT))
}

/// A number with its noun: `1 caption`, `2 captions`.
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
