import CLIP
public import Files
import Foundation
public import Training

extension DistillationRecipe {
  /// What a run reads and what it replaces; validate it before the run is begun.
  public func outputCheck() -> OutputCheck {
    var check = OutputCheck()
    addInputs(to: &check)
    header.addOutputs(to: &check)
    return check
  }

  /// Names all files and folders that the recipe names.
  public func addInputs(to check: inout OutputCheck) {
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

extension DistillationRecipe: AblatedRecipe {
  /// Whether there is validation data.
  public var isMeasured: Bool { validation != nil }

  /// Trains a run that is not finished yet, and measures it as its last stage is measured.
  public func trainAndMeasure(
    stop: StopRequest?, reports: RunReports
  ) throws -> (parameters: Int, validation: ValidationResult)? {
    let run = try DistillationRun(self, stop: stop, reports: reports)
    guard try run.train() != nil else { return nil }
    return try run.result()
  }
}
