/// A value of a recipe, with the line on which it begins.
struct RecipeValue: Sendable, Equatable {
  indirect enum Content: Sendable, Equatable {
    /// `isPlain` tells `3` from `"3"`.
    case scalar(String, isPlain: Bool)
    case list([RecipeValue])
    case mapping([Member])
  }

  struct Member: Sendable, Equatable {
    var key: String
    var line: Int
    var value: RecipeValue
  }

  var content: Content
  var line: Int

  /// Whether the value is there but says nothing: `key:`, `~` or `null`.
  var isNull: Bool {
    guard case .scalar(let text, isPlain: true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// What messages say of it.
  var summary: String {
    switch content {
    case .scalar(let text, let isPlain):
      if isNull { return "nothing" }
      let short = text.count > 60 ? text.prefix(57) + "…" : Substring(text)
      return isPlain ? "\(short)" : "the text \"\(short)\""
    case .list(let elements): return "a list of \(elements.count)"
    case .mapping(let members): return "keys (\(members.prefix(4).map(\.key).joined(separator: ", ")))"
    }
  }
}
