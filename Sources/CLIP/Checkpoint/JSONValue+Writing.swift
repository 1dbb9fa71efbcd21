import Compute

extension JSONValue {
  /// The document as text, keys in order; on one line, or indented by two spaces a level.
  package func serialized(indented: Bool = false) -> String {
    var text = ""
    write(to: &text, level: indented ? 0 : nil)
    return text
  }

  private func write(to text: inout String, level: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += "\(value)"
    case .integer(let value): text += "\(value)"
    case .number(let value):
      // Python writes and reads these words, which JSON does not have.
      text += value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : "\(value)"
    case .string(let value): JSONString.write(value, to: &text)
    case .array(let elements):
      Self.write(elements, "[", "]", to: &text, level: level) { element, text, inner in
        element.write(to: &text, level: inner)
      }
    case .object(let members):
      let ordered = members.sorted { $0.key < $1.key }
      Self.write(ordered, "{", "}", to: &text, level: level) { member, text, inner in
        JSONString.write(member.key, to: &text)
        text += inner == nil ? ":" : ": "
        member.value.write(to: &text, level: inner)
      }
    }
  }

  private static func write<Element>(
    _ elements: [Element], _ open: String, _ close: String, to text: inout String, level: Int?,
    each: (Element, inout String, Int?) -> Void
  ) {
    text += open
    let inner = level.map { $0 + 1 }
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      if let inner { text += "\n" + String(repeating: "  ", count: inner) }
      each(element, &text, inner)
    }
    if let level, !elements.isEmpty { text += "\n" + String(repeating: "  ", count: level) }
    text += close
  }
}
