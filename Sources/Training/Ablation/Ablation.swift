public import Files
public import Foundation
public import Plotting

/// Runs of one recipe that differ in named ways, each with several seeds: what a part of it is worth.
///
/// ```yaml
/// recipe: student.yaml
/// output: work/regulator
/// seeds: [1, 2, 3]
/// curves: [validation_text_to_image_R@10]
/// rows:
///   - {name: without the regulator, set: ["stages[0].losses.similarity_regulator=0"]}
///   - {name: with it}
/// ```
public struct Ablation: Sendable {
  /// One way of training.
  public struct Row: Sendable, Equatable {
    /// What the table calls it.
    public var name: String
    /// What is otherwise than in the recipe: `path=value`; `{seed}` stands for the seed.
    public var settings: [String]
    /// Whether its settings differ from seed to seed, as those that name what another row has trained do.
    public var isForEachSeed: Bool { settings.contains { $0.contains(Ablation.seedMark) } }
    /// A recipe of its own, in the place of that of all rows.
    public var recipe: URL?
  }

  /// The recipe of all rows that have none of their own.
  public let recipe: URL
  /// The folder of the runs, one below it for each row and seed, and of `table.md`.
  public let output: URL
  /// The seeds of each row.
  public let seeds: [UInt64]
  /// The rows, in the order of the table.
  public let rows: [Row]

  /// The values of the runs' logs that ``plot()`` draws.
  public let curves: [String]

  /// Reads a table.
  ///
  /// - Parameter settings: `path=value` for what is to be otherwise than in the table's file.
  /// - Throws: `RecipeError`.
  public init(contentsOf url: URL, settings: [String] = []) throws {
    let keys = try Recipe(contentsOf: url, settings: settings).root.keys()
    recipe = try keys.url("recipe")
    output = try keys.url("output")
    seeds = try keys.optional("seeds")?.listOrOne().map { UInt64(try $0.int(in: 0...Int.max)) } ?? [0]
    guard !seeds.isEmpty else { throw try keys.node("seeds").refused("at least one seed") }
    curves = try keys.strings("curves")
    let nodes = try keys.node("rows").list()
    rows = try nodes.map { node in
      let keys = try node.keys()
      let row = Row(
        name: try keys.string("name"),
        // Variables are replaced where a value is read: a path that begins with one starts from where the user is.
        settings: try keys.optional("set")?.listOrOne().map { try $0.written() } ?? [],
        recipe: try keys.optional("recipe")?.url())
      try keys.end()
      return row
    }
    guard !rows.isEmpty else { throw try keys.node("rows").refused("at least one row") }
    guard Set(rows.map(\.name)).count == rows.count else {
      throw try keys.node("rows").refused("rows of different names")
    }
    guard Set(seeds).count == seeds.count else {
      throw try keys.node("seeds").refused("different seeds")
    }
    try keys.end()
  }

  /// The recipe of one run. Throws what `open` throws.
  ///
  /// - Parameter open: reads a recipe of whatever kind it is.
  public func recipe(
    row: Int, seed: UInt64, _ open: (Recipe) throws -> any AblatedRecipe
  ) throws -> any AblatedRecipe {
    let file = rows[row].recipe ?? recipe
    var run = try open(
      Recipe(
        contentsOf: file, settings: rows[row].settings.map { $0.replacing(Self.seedMark, with: "\(seed)") },
        settingsName: "row \"\(rows[row].name)\", set", settingsFolder: file.deletingLastPathComponent()))
    run.seed = seed
    run.output = folder(row: row, seed: seed)
    return run
  }

  /// The recipes of all runs, row by row. Throws what `open` throws; ``TrainingError/notMeasured(path:)``.
  private func recipes(_ open: (Recipe) throws -> any AblatedRecipe) throws -> [[any AblatedRecipe]] {
    let recipes = try rows.indices.map { row in try seeds.map { try recipe(row: row, seed: $0, open) } }
    for (row, runs) in zip(rows, recipes) where !runs.allSatisfy(\.isMeasured) {
      throw TrainingError.notMeasured(path: (row.recipe ?? recipe).path)
    }
    return recipes
  }

  /// What stands for the seed in a row's settings: `captioner=work/row-1-seed-{seed}/model`.
  fileprivate static let seedMark = "{seed}"

  /// Trains every run that is not finished yet, and measures each.
  ///
  /// - Parameters:
  ///   - open: reads a recipe of whatever kind it is.
  ///   - stop: asks for an end; what was trained is kept, and the same table goes on from there.
  ///   - reports: what a run tells; the name of its row and its seed come first.
  /// - Returns: the table; nil when the user asked to stop.
  /// - Throws: ``TrainingError/rowFailed(row:seed:reason:)``, ``TrainingError/notMeasured(path:)``, what `open` throws.
  public func run(
    _ open: (Recipe) throws -> any AblatedRecipe, stop: StopRequest? = nil,
    reports: (_ row: Row, _ seed: UInt64) -> RunReports
  ) throws -> AblationTable? {
    // A recipe that cannot be read is told of before any is trained.
    _ = try recipes(open)
    var table = AblationTable(recipe: recipe.lastPathComponent, seeds: seeds, rows: [])
    for (index, row) in rows.enumerated() {
      var results = AblationTable.Row(name: row.name, settings: row.settings, parameters: 0, validations: [])
      for seed in seeds {
        let found: (parameters: Int, validation: ValidationResult)?
        do {
          // Read again: it may name what an earlier row has trained.
          let recipe = try recipe(row: index, seed: seed, open)
          found = try recipe.trainAndMeasure(stop: stop, reports: reports(row, seed))
        } catch {
          throw TrainingError.rowFailed(row: row.name, seed: seed, reason: sentence(for: error))
        }
        guard let result = found else { return nil }
        results.parameters = result.parameters
        results.validations.append(result.validation)
      }
      table.rows.append(results)
    }
    return table
  }

  /// The curves that the file asks for, of the runs that have them: a colour a row, a line a seed; nil where it asks for none.
  ///
  /// - Throws: ``TrainingError`` where a run has no such value.
  public func plot() throws -> LinePanels? {
    guard !curves.isEmpty else { return nil }
    let runs = try rows.indices.flatMap { row in
      try seeds.map { seed in
        let log = try RunFolder(folder(row: row, seed: seed)).log
        return (name: rows[row].name, curves: try TrainingCurves(contentsOf: log))
      }
    }
    // Rows of another kind, which have no such values, are not drawn.
    let drawn = runs.filter { run in curves.allSatisfy { run.curves.curves[$0] != nil } }
    var panels = try TrainingCurves.plot(drawn.isEmpty ? runs : drawn, values: curves)
    panels.title = "Training with \(seeds.count) seed\(seeds.count == 1 ? "" : "s")"
    panels.subtitle = "\(recipe.lastPathComponent); a line for each seed"
    return panels
  }

  private func folder(row: Int, seed: UInt64) -> URL {
    output.appendingPathComponent("row-\(row + 1)-seed-\(seed)", isDirectory: true)
  }

  /// Refuses outputs that would replace what a run reads, before any is begun; a row may read what an earlier one writes.
  ///
  /// - Throws: `FileWriteError`, what `open` throws; ``TrainingError/notMeasured(path:)``.
  public func checkOutputs(_ open: (Recipe) throws -> any AblatedRecipe) throws {
    func check(_ inputs: (inout OutputCheck) -> Void, _ outputs: (inout OutputCheck) -> Void) throws {
      var check = OutputCheck()
      inputs(&check)
      check.read(recipe)
      for row in rows { if let file = row.recipe { check.read(file) } }
      outputs(&check)
      check.write(output.appendingPathComponent("table.md"))
      if !curves.isEmpty { check.write(output.appendingPathComponent("curves.svg")) }
      try check.validate()
    }
    let runs = try recipes(open)
    for (row, own) in runs.enumerated() {
      for recipe in own {
        try check(recipe.addInputs) { check in
          for later in runs[row...].joined() { later.header.addOutputs(to: &check) }
        }
      }
    }
  }
}

/// A recipe whose runs an ``Ablation`` compares.
public protocol AblatedRecipe: TrainingRecipe {
  /// Whether its runs are measured, which it takes data for.
  var isMeasured: Bool { get }
  /// What would be trained, for people. Throws what the readers throw.
  func plan() throws -> String
  /// Names what a run reads.
  func addInputs(to check: inout OutputCheck)
  /// Trains a run that is not finished yet, and measures it; nil when the user asked to stop.
  func trainAndMeasure(
    stop: StopRequest?, reports: RunReports
  ) throws -> (parameters: Int, validation: ValidationResult)?
}
