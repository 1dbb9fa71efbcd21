import Foundation

/// Replaces `${NAME}` and `${NAME:-otherwise}`; what stands for a variable is not looked through again.
struct RecipeVariables {
  let context: RecipeContext
  let path: String
  let place: RecipePlace

  func replaced(in text: String) throws(RecipeError) -> String {
    guard text.contains("${") else { return text }
    var result = ""
    var rest = Substring(text)
    while let start = rest.range(of: "${") {
      result += rest[..<start.lowerBound]
      let inner = rest[start.upperBound...]
      guard let close = inner.firstIndex(of: "}") else {
        throw .badVariable(at: place, problem: "\(path): ${ is never closed")
      }
      let expression = inner[..<close]
      let name = expression.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      let after = expression[name.endIndex...]
      guard !name.isEmpty, after.isEmpty || after.hasPrefix(":-") else {
        throw .badVariable(
          at: place,
          problem: "\(path): \"${\(expression.prefix(40))}\" names no variable")
      }
      if let value = context.variables[String(name)], !value.isEmpty {
        result += value
      } else if after.isEmpty {
        throw .noVariable(at: place, path: path, name: String(name))
      } else {
        result += after.dropFirst(2)
      }
      rest = inner[inner.index(after: close)...]
    }
    return result + rest
  }
}
