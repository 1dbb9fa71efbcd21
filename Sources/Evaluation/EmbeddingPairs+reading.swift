import CaptionData
import Files
import Foundation
import JSON

extension EmbeddingPairs {
  /// What a column is for.
  private enum Role: Equatable {
    case imageRow
    case imageName(rank: Int)
    case textRow
    case referenceRows

    init?(_ name: String) {
      switch name.lowercased().trimmed().replacingOccurrences(of: " ", with: "_") {
      case "image_row": self = .imageRow
      case "text_row", "caption_row": self = .textRow
      case "reference_rows", "references_rows", "reference_row": self = .referenceRows
      default:
        switch ColumnRole(named: name) {
        case .identifier(let rank): self = .imageName(rank: rank)
        case .image(let rank): self = .imageName(rank: 100 + rank)
        default: return nil
        }
      }
    }
  }

  /// The fields of a row by their roles.
  private struct Fields {
    var row: String?
    var name: (rank: Int, text: String)?
    var text: String?
    var references: String?

    mutating func take(_ value: String, as role: Role) {
      switch role {
      case .imageRow: row = value
      case .imageName(let rank): if rank < name?.rank ?? .max { name = (rank, value) }
      case .textRow: text = value
      case .referenceRows: references = value
      }
    }

    func row(file: String, line: Int) throws(EvaluationError) -> Row {
      func number(_ text: String, _ what: String) throws(EvaluationError) -> Int {
        if let number = Int(text.trimmed()), number >= 0 { return number }
        throw .tableDoesNotFit(
          file: file, line: line, problem: "the \(what) is \"\(text.prefix(40))\", not a whole number from 0")
      }
      var references: [Int]?
      if let list = self.references {
        references = []
        let separators: Set<Character> = [" ", ",", ";", "[", "]", "\t"]
        for part in list.split(whereSeparator: separators.contains) {
          references?.append(try number(String(part), "reference row"))
        }
      }
      let image: Image
      if let row {
        image = .row(try number(row, "image row"))
      } else if let name, !name.text.isEmpty {
        image = .name(name.text)
      } else {
        throw .tableDoesNotFit(file: file, line: line, problem: "it does not tell the image")
      }
      let text = try text.map { text throws(EvaluationError) in try number(text, "text row") }
      return Row(image: image, text: text, references: references, line: line)
    }
  }

  static func list(_ file: TextFile) throws -> [Row] {
    let elements: [JSONValue]
    do {
      elements = try JSONValue(parsing: file.bytes).array ?? []
    } catch let error as JSONSyntaxError {
      var lines = LineCounter()
      throw EvaluationError.tableDoesNotFit(
        file: file.name, line: lines.line(at: error.offset, in: file.bytes), problem: error.problem)
    }
    return try elements.enumerated().map { index, element in
      var fields = Fields()
      switch element {
      case .integer(let row): fields.row = String(row)
      case .string(let name): fields.name = (0, name)
      case .object(let members):
        // A null tells nothing, as an empty cell does; it is no image that is called so.
        for member in members where !member.value.isNull {
          if let role = Role(member.key) { fields.take(text(of: member.value), as: role) }
        }
      default: break
      }
      return try fields.row(file: file.name, line: index + 1)
    }
  }

  private static func text(of value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .array(let elements): elements.map(text(of:)).joined(separator: " ")
    default: value.summary
    }
  }

  static func table(_ file: TextFile) throws(EvaluationError) -> [Row] {
    for delimiter in [",", "\t", ";"] as [Unicode.Scalar] {
      var scanner = DelimitedScanner(file.bytes, delimiter: UInt8(ascii: delimiter))
      var fields: [DelimitedScanner.Field] = []
      guard (try? scanner.next(&fields)) == true else { continue }
      let roles = fields.map { scanner.text($0).flatMap(Role.init) }
      guard roles.contains(where: { if case .imageName = $0 { true } else { $0 == .imageRow } }) else {
        continue
      }
      return try rows(&scanner, roles: roles, file: file)
    }
    throw .tableDoesNotFit(
      file: file.name, line: 1, problem: "no column is named image_row, image_id or image")
  }

  private static func rows(
    _ scanner: inout DelimitedScanner, roles: [Role?], file: TextFile
  ) throws(EvaluationError) -> [Row] {
    var fields: [DelimitedScanner.Field] = []
    var rows: [Row] = []
    while true {
      do {
        guard try scanner.next(&fields) else { return rows }
      } catch {
        throw .tableDoesNotFit(file: file.name, line: error.line, problem: error.problem)
      }
      var found = Fields()
      for (field, role) in zip(fields, roles) {
        if let role { found.take(scanner.text(field) ?? "", as: role) }
      }
      rows.append(try found.row(file: file.name, line: scanner.line))
    }
  }
}
