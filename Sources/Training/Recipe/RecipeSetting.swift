/// A value from the command line for a place in a recipe: `stages[1].loss.sr.weight=0.5`.
struct RecipeSetting {
  enum Step: Equatable {
    case key(String)
    case index(Int)
  }

  /// The setting with its option, for messages.
  private let text: String
  let steps: [Step]
  private let value: RecipeValue

  /// Reads a setting; its value is YAML, so that numbers, `true` and `[1, 2]` mean what they mean in the file.
  init(_ text: String, option: String) throws(RecipeError) {
    let label = "\(option) \(text)"
    self.text = label
    guard let equals = text.firstIndex(of: "=") else {
      throw .badSetting(setting: label, problem: "there is no =")
    }
    steps = try Self.steps(text[..<equals], setting: label)
    let written = String(text[text.index(after: equals)...])
    let isEmpty = written.allSatisfy(\.isWhitespace)
    // A path may begin with what means something else in YAML; as a text it is what the user meant.
    let literal = RecipeValue(content: .scalar(written, isPlain: isEmpty), line: 1)
    let read = isEmpty ? literal : (try? RecipeText(name: label).parse(written)).flatMap { $0 } ?? literal
    value = read.marked(as: label)
  }

  private static func steps(_ path: Substring, setting: String) throws(RecipeError) -> [Step] {
    var steps: [Step] = []
    for part in path.split(separator: ".", omittingEmptySubsequences: false) {
      let key = part.prefix { $0 != "[" }
      guard !key.isEmpty else { throw .badSetting(setting: setting, problem: "a part of the path is empty") }
      steps.append(.key(String(key)))
      var rest = part[key.endIndex...]
      while rest.first == "[" {
        guard let close = rest.firstIndex(of: "]"),
          let index = Int(rest[rest.index(after: rest.startIndex)..<close]), index >= 0
        else { throw .badSetting(setting: setting, problem: "an index must be a number in brackets") }
        steps.append(.index(index))
        rest = rest[rest.index(after: close)...]
      }
      guard rest.isEmpty else { throw .badSetting(setting: setting, problem: "the path makes no sense") }
    }
    guard steps.count <= 32 else { throw .badSetting(setting: setting, problem: "the path is too long") }
    return steps
  }

  /// Puts the value into its place; keys that are not there are made, elements of lists are not.
  func apply(to root: inout RecipeValue) throws(RecipeError) { try apply(steps[...], to: &root) }

  private func apply(_ steps: ArraySlice<Step>, to target: inout RecipeValue) throws(RecipeError) {
    guard let step = steps.first else {
      let line = target.line
      target = value
      target.line = line
      return
    }
    let rest = steps.dropFirst()
    switch (step, target.content) {
    case (.key(let key), .mapping(var members)):
      if let index = members.firstIndex(where: { $0.key == key }) {
        try apply(rest, to: &members[index].value)
      } else {
        var made = RecipeValue(content: .mapping([]), line: target.line, setting: text)
        try apply(rest, to: &made)
        members.append(RecipeValue.Member(key: key, line: target.line, setting: text, value: made))
      }
      target.content = .mapping(members)
    case (.key, _) where target.isNull:
      target.content = .mapping([])
      target.setting = text
      try apply(steps, to: &target)
    case (.index(let index), .list(var elements)) where elements.indices.contains(index):
      try apply(rest, to: &elements[index])
      target.content = .list(elements)
    case (.index(let index), .list(let elements)):
      throw .badSetting(
        setting: text, problem: "there is no element \(index) in a list of \(elements.count)")
    case (.index, _):
      throw .badSetting(setting: text, problem: "there is no list at this place")
    case (.key(let key), _):
      throw .badSetting(setting: text, problem: "\"\(key)\" cannot be set inside \(target.summary)")
    }
  }
}
