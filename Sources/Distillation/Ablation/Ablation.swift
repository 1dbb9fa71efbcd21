import Evaluation
public import Foundation
public import Training

/// Runs of one recipe that differ in named ways, each with several seeds: what a part of it is worth.
///
/// ```yaml
/// recipe: student.yaml
/// output: work/regulator
/// seeds: [1, 2, 3]
/// rows:
///   - {name: without the regulator, set: ["stages[0].losses.similarity_regulator=0"]}
///   - {name: with it}
/// ```
public struct Ablation: Sendable {
  /// One way of training.
  public struct Row: Sendable, Equatable {
    /// What the table calls it.
    public var name: String
    /// What is otherwise than in the recipe: `path=value`.
    public var settings: [String]
  }

  /// The recipe that all rows share.
  public let recipe: URL
  /// The folder of the runs, one below it for each row and seed, and of `table.md`.
  public let output: URL
  /// The seeds of each row.
  public let seeds: [UInt64]
  /// The rows, in the order of the table.
  public let rows: [Row]

  /// Reads a table.
  ///
  /// - Parameter settings: `path=value` for what is to be otherwise than in the table's file.
  /// - Throws: `RecipeError`.
  public init(contentsOf url: URL, settings: [String] = []) throws {
    let keys = try Recipe(contentsOf: url, settings: settings).root.keys()
    recipe = try keys.url("recipe")
    output = try keys.url("output")
    let seeds = try keys.optional("seeds")?.listOrOne() ?? []
    self.seeds = seeds.isEmpty ? [0] : try seeds.map { UInt64(try $0.int(in: 0...Int.max)) }
    let nodes = try keys.node("rows").list()
    rows = try nodes.map { node in
      let keys = try node.keys()
      let row = Row(name: try keys.string("name"), settings: try keys.strings("set"))
      try keys.end()
      return row
    }
    guard !rows.isEmpty else { throw try keys.node("rows").refused("at least one row") }
    guard Set(rows.map(\.name)).count == rows.count else {
      throw try keys.node("rows").refused("rows of different names")
    }
    guard Set(self.seeds).count == self.seeds.count else {
      throw try keys.node("seeds").refused("different seeds")
    }
    try keys.end()
  }

  /// The recipe of one run. Throws `RecipeError`.
  public func recipe(row: Int, seed: UInt64) throws -> DistillationRecipe {
    var run = try DistillationRecipe(
      Recipe(
        contentsOf: recipe, settings: rows[row].settings, settingsName: "row \"\(rows[row].name)\", set",
        settingsFolder: recipe.deletingLastPathComponent()))
    run.seed = seed
    run.output = output.appendingPathComponent("row-\(row + 1)-seed-\(seed)", isDirectory: true)
    return run
  }

  /// Trains every run that is not finished yet, and measures each as its last stage is measured.
  ///
  /// - Parameters:
  ///   - stop: asks for an end; what was trained is kept, and the same table goes on from there.
  ///   - reports: what a run tells; the name of its row and its seed come first.
  /// - Returns: the table; nil when the user asked to stop.
  /// - Throws: what ``DistillationRun`` throws; ``DistillationError/notMeasured(path:)``.
  public func run(
    stop: StopRequest? = nil, reports: (_ row: Row, _ seed: UInt64) -> RunReports
  ) throws -> AblationTable? {
    // A recipe that cannot be read is told of before any is trained.
    let recipes = try rows.indices.map { row in try seeds.map { try recipe(row: row, seed: $0) } }
    guard recipes.allSatisfy({ $0.allSatisfy { $0.validation != nil } }) else {
      throw DistillationError.notMeasured(path: recipe.path)
    }
    var table = AblationTable(recipe: recipe.lastPathComponent, seeds: seeds, rows: [])
    for (row, runs) in zip(rows, recipes) {
      var results = AblationTable.Row(name: row.name, settings: row.settings, parameters: 0, validations: [])
      for (seed, recipe) in zip(seeds, runs) {
        let run = try DistillationRun(recipe, stop: stop, reports: reports(row, seed))
        guard try run.train() != nil else { return nil }
        guard let result = try run.result() else {
          throw DistillationError.notMeasured(path: self.recipe.path)
        }
        results.parameters = result.parameters
        results.validations.append(result.validation)
      }
      table.rows.append(results)
    }
    return table
  }
}
