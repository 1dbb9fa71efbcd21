import Files
import Foundation

/// An item that a run with `--keep-going` skipped, and why.
public struct SkippedItem: Sendable, Equatable {
  /// The item's id; `nil` where none could be read.
  public var id: String?
  /// One sentence, as the error would have said it, without the advice to skip the item.
  public var reason: String

  /// Creates an entry of the list of what was skipped.
  ///
  /// Errors end with what to do next, and one of the choices is often `--keep-going`. Who reads this list has made that
  /// choice already, so it is taken out of `reason`.
  public init(id: String?, reason: String) {
    self.id = id
    self.reason = Self.withoutAdviceToSkip(reason)
  }

  /// The sentence up to its last ", or … --keep-going", where it ends with that.
  private static func withoutAdviceToSkip(_ sentence: String) -> String {
    guard let option = sentence.range(of: "--keep-going", options: .backwards),
      sentence[option.upperBound...].allSatisfy({ $0 == "." || $0.isWhitespace }),
      let start = sentence.range(
        of: ", or ", options: .backwards, range: sentence.startIndex..<option.lowerBound)
    else { return sentence }
    return String(sentence[..<start.lowerBound]) + sentence[option.upperBound...]
  }
}

extension SkippedItem: CustomStringConvertible {
  /// The sentence for people, with the id where the sentence does not name it.
  public var description: String {
    guard let id, !id.isEmpty, !reason.contains(id) else { return reason }
    return "\(id): \(reason)"
  }
}

extension [SkippedItem] {
  /// A line for each of the first entries, and one that counts the others.
  package func lines(first limit: Int) -> [String] {
    prefix(limit).map { "skipped: \($0)" }
      + (count > limit ? ["skipped: \(count - limit) more, \(count) in all"] : [])
  }
}
