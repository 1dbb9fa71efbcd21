/// What the runs of an ``Ablation`` came to.
public struct AblationTable: Sendable {
  /// The runs of one row.
  public struct Row: Sendable {
    /// What it is called.
    public var name: String
    /// What is otherwise than in the recipe.
    public var settings: [String]
    /// The parameters of its model.
    public var parameters: Int
    /// What was measured, for each seed.
    public var validations: [ValidationResult]

    /// The mean of a measure over the seeds, and its standard deviation (n − 1); nil for the latter with one seed.
    public func summary(of measure: String) -> (mean: Double, deviation: Double?)? {
      let values = validations.compactMap { $0.measures.first { $0.name == measure }?.value }
      guard !values.isEmpty else { return nil }
      let mean = values.reduce(0, +) / Double(values.count)
      guard values.count > 1 else { return (mean, nil) }
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (mean, (squares / Double(values.count - 1)).squareRoot())
    }
  }

  /// The recipe's file.
  public var recipe: String
  /// The seeds of each row.
  public var seeds: [UInt64]
  /// The rows.
  public var rows: [Row]

  /// The names of all measures, in their order.
  public var measures: [String] {
    var names: [String] = []
    for measure in rows.flatMap(\.validations).flatMap(\.measures) where !names.contains(measure.name) {
      names.append(measure.name)
    }
    return names
  }

  /// The table in Markdown: a row a way of training, means over the seeds ± their standard deviation.
  public func markdown() -> String {
    let names = measures
    var lines = [
      "| \(recipe) | parameters | " + names.map(Self.title).joined(separator: " | ") + " |",
      "| --- |" + String(repeating: " ---: |", count: names.count + 1),
    ]
    for row in rows {
      let cells = names.map { name -> String in
        guard let (mean, deviation) = row.summary(of: name) else { return "–" }
        return Self.number(mean) + (deviation.map { " ± \(Self.number($0))" } ?? "")
      }
      let millions = "\((Double(row.parameters) / 1e4).rounded() / 100) M"
      lines.append(
        "| \(row.name.replacing("|", with: "\\|")) | \(millions) | " + cells.joined(separator: " | ") + " |")
    }
    lines.append("")
    let many = seeds.count > 1
    lines.append(
      many
        ? "Means over the seeds \(seeds.map(String.init).joined(separator: ", ")) ± their standard deviation."
        : "One run each, seed \(seeds.first ?? 0).")
    for row in rows where !row.settings.isEmpty {
      lines.append("- \(row.name): \(row.settings.map { "`\($0)`" }.joined(separator: ", "))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func title(_ measure: String) -> String { measure.replacing("_", with: " ") }

  private static func number(_ value: Double) -> String {
    let rounded = (value * 1e4).rounded() / 1e4
    let text = "\(rounded)"
    guard let point = text.firstIndex(of: "."), !text.contains("e") else { return text }
    let digits = text.distance(from: point, to: text.endIndex) - 1
    return text + String(repeating: "0", count: max(0, 4 - digits))
  }
}
