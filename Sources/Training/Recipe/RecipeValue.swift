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
    /// The setting of the command line that the key comes from; nil for the file's own.
    var setting: String?
    var value: RecipeValue
  }

  var content: Content
  var line: Int
  /// The setting of the command line that the value comes from; nil for the file's own.
  var setting: String?

  /// The value with everything in it as what a setting says.
  func marked(as setting: String) -> RecipeValue {
    var marked = self
    marked.setting = setting
    switch content {
    case .scalar: break
    case .list(let elements): marked.content = .list(elements.map { $0.marked(as: setting) })
    case .mapping(let members):
      marked.content = .mapping(
        members.map {
          Member(key: $0.key, line: $0.line, setting: setting, value: $0.value.marked(as: setting))
        })
    }
    return marked
  }

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
