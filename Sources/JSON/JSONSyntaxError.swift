/// Where a text stops being JSON, and why.
package struct JSONSyntaxError: Error, Equatable {
  /// The byte at which it goes wrong.
  package let offset: Int
  /// What is wrong there, in words.
  package let problem: String
}
