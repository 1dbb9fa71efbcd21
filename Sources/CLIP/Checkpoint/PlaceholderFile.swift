/// What was saved in the place of a file that should have been fetched.
enum PlaceholderFile: Equatable {
  /// The three lines that Git keeps in the place of a large file.
  case gitLFSPointer
  /// A web page: a login, an error, or the page about the file.
  case webPage

  /// Looks at the start of a file; nil where it is neither.
  init?(_ bytes: some Collection<UInt8>) {
    let head = bytes.prefix(512)
    guard !head.contains(where: { $0 == 0 }) else { return nil }
    var text = Substring(String(decoding: head, as: UTF8.self).lowercased())
    if text.hasPrefix("version https://git-lfs") {
      self = .gitLFSPointer
      return
    }
    text = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    guard text.hasPrefix("<"), !text.contains("<svg"),
      ["<!doctype html", "<html", "<head", "<body"].contains(where: text.contains)
    else { return nil }
    self = .webPage
  }

  /// In words that follow "is".
  var what: String {
    switch self {
    case .gitLFSPointer: "a Git LFS pointer, not the file itself"
    case .webPage: "a web page, not the file itself"
    }
  }

  /// What to do, as a clause.
  var remedy: String {
    switch self {
    case .gitLFSPointer: "run 'git lfs pull' in its folder, or fetch the file again"
    case .webPage:
      "fetch it again from the link of the file itself (on the Hugging Face hub '/resolve/' in place of "
        + "'/blob/'), logged in where the site asks for it"
    }
  }
}
