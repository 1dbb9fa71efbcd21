import ArgumentParser

/// Finds arguments that are empty where a file, a folder or a value must be named.
///
/// They come from variables of a shell that are not set. An empty path is the current folder to Foundation, so that
/// `plumb dedup "$PHOTOS" --move-to duplicates` would move files of a folder that nobody named.
enum EmptyArguments {
  /// Commands whose arguments are texts, which may be empty.
  private static let textCommands: Set<String> = ["rank", "explain", "check-arguments"]
  /// Options whose value may be empty: pandas writes a column of ids without a name.
  private static let textOptions: Set<String> = [
    "--column", "--id-column", "--reference-column", "--reference-id-column", "--truth-column", "--query",
    "--paraphrase", "--prefix",
  ]

  /// - Throws: `ValidationError` where an argument is empty that may not be.
  static func check(_ arguments: [String]) throws {
    guard let command = arguments.first else { return }
    for (previous, argument) in zip(arguments, arguments.dropFirst()) where argument.isEmpty {
      let remedy = "name what is meant; a variable of the shell may not be set"
      if previous.hasPrefix("-"), previous != "-" {
        if !textOptions.contains(previous) {
          throw ValidationError("The value of \(previous) is empty; \(remedy).")
        }
      } else if !textCommands.contains(command) {
        throw ValidationError("The argument after \"\(previous)\" is empty; \(remedy).")
      }
    }
  }
}
