/// Rows of cells that stand below each other, for people: the first column to the left, the others to the right.
///
/// - Parameters:
///   - rows: any number of cells each.
///   - gap: blanks between columns.
///   - first: the least width of the first column.
/// - Returns: a line for each row, two blanks in front and none at its end.
func alignedLines(_ rows: [[String]], gap: Int = 3, first: Int = 0) -> [String] {
  var widths = [first]
  for row in rows {
    for (column, cell) in row.enumerated() {
      if column == widths.count { widths.append(0) }
      widths[column] = max(widths[column], cell.count)
    }
  }
  return rows.map { row in
    let cells = zip(row.indices, row).map { $1.padded(to: widths[$0], inFront: $0 > 0) }
    var line = "  " + cells.joined(separator: String(repeating: " ", count: gap))
    while line.last == " " { line.removeLast() }
    return line
  }
}

extension String {
  /// Filled up with blanks to a width: at the end, or in front.
  func padded(to width: Int, inFront: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - count))
    return inFront ? blanks + self : self + blanks
  }
}
