import CLIP
public import Files
import Foundation
import Training

extension DistillationRecipe {
  /// What a run reads and what it replaces; validate it before the run is begun.
  public func outputCheck() -> OutputCheck {
    var check = OutputCheck()
    addInputs(to: &check)
    header.addOutputs(to: &check)
    return check
  }

  /// Names all files and folders that the recipe names.
  func addInputs(to check: inout OutputCheck) {
    switch start {
    case .checkpoint(let name): check.readModel(name)
    case .architecture(let folder): check.read(folder)
    case .grown(let name, let folder):
      check.readModel(name)
      check.read(folder)
    }
    for model in teacher.models { check.readModel(model) }
    for case let file? in [
      teacher.texts, teacher.textEmbeddings, validation?.captions, validation?.split, validation?.judgements,
    ] {
      check.read(file)
    }
    if let images = validation?.images { check.readImages(in: images) }
    for source in sources {
      switch source.layout {
      case .captions(let captions, let images, let split, let excluding):
        for case let file? in [captions, split, excluding] { check.read(file) }
        check.readImages(in: images)
      case .table(let table, let images):
        check.read(table)
        check.readImages(in: images)
      case .folders(let folder, let names):
        check.readImages(in: folder)
        if let names { check.read(names) }
      case .shards(let patterns):
        for pattern in patterns { check.read(URL(fileURLWithPath: pattern)) }
      case .texts(let files, _):
        for file in files { check.read(file) }
      }
    }
  }
}

extension Ablation {
  /// What the runs read and what they replace; validate it before they are begun. Throws `RecipeError`.
  public func outputCheck() throws -> OutputCheck {
    var check = OutputCheck()
    for row in rows.indices {
      for (number, seed) in seeds.enumerated() {
        let recipe = try recipe(row: row, seed: seed)
        if number == 0 { recipe.addInputs(to: &check) }
        recipe.header.addOutputs(to: &check)
      }
    }
    check.read(recipe)
    check.write(output.appendingPathComponent("table.md"))
    return check
  }
}
