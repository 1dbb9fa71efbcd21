/// A line of a CSV file (RFC 4180), which `DelimitedScanner` reads.
package enum CSVLine {
  /// The cells with commas between and a line feed after them; a cell with a comma, a quotation mark or a line break is quoted.
  package static func text(_ cells: [String]) -> String {
    cells.map { cell in
      cell.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
        ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
    }.joined(separator: ",") + "\n"
  }
}
