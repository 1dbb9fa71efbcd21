import CLIP
import CaptionMetrics
public import Files
import Foundation
public import Training

/// Measures a finished captioner on test images.
struct CaptionTest {
  private let test: CaptionSources.Test
  private let generation: GenerationOptions
  private let cache: URL
  private let threads: Int?
  private let maxSkippedFraction: Double
  private let reports: RunReports

  /// A run's test images, or those of its validation where it names none.
  init(_ sources: CaptionSources, _ header: RunHeader, reports: RunReports) {
    test = sources.test ?? CaptionSources.Test(data: sources.validation, models: [])
    generation = sources.generation
    cache = sources.cache(in: header.output)
    threads = header.threads
    maxSkippedFraction = sources.maxSkippedFraction
    self.reports = reports
  }

  /// CIDEr, BLEU-4, ROUGE-L and METEOR where its tables are installed, CLIPScore and RefCLIPScore by each model, and the signs of a
  /// collapse.
  ///
  /// - Throws: what the readers and the models throw.
  func callAsFunction(_ captioner: CaptionerCheckpoint) throws -> ValidationResult {
    let set = try test.data.set(missingShare: maxSkippedFraction)
    let embedder = try CLIPEmbedder(
      captioner.openEncoder(), options: CLIPEmbedder.Options(threads: threads))
    let features = try FeatureStore(
      set, embedder: embedder, folder: cache, progress: reports.preparing)
    let validation = CaptionValidation(set, features: features, options: generation, threads: threads)
    let found = try validation.measure(captioner)
    let (value, quality) = (found.result.score, found.result.measures.dropFirst(2))
    var measures = found.result.measures.prefix(2).map { ($0.name, $0.value) }
    measures.append(("ROUGE-L", ROUGEL().results(on: found.corpus).first?.corpus ?? 0))
    if METEORTable.areInstalled {
      let meteor = METEOR(table: try METEORTable(contentsOf: METEORTable.installedFile), threads: threads)
      measures.append(("METEOR", meteor.results(on: found.corpus).first?.corpus ?? 0))
    }
    for model in test.models {
      let setup = RewardModel.Setup(
        model: model, grammar: nil, documentFrequency: nil, cache: cache, threads: threads ?? 1,
        progress: reports.preparing)
      let expression = try RewardExpression("clip + reflclip")
      let scores = try RewardModel(expression, set: set, items: validation.items, setup).scores(
        found.captions)
      let name = (model as NSString).lastPathComponent
      for (part, title) in zip(scores.means.dropFirst(), ["CLIPScore", "RefCLIPScore"]) {
        measures.append(("\(title) (\(name))", part.value))
      }
    }
    return ValidationResult(measures + quality.map { ($0.name, $0.value) }, score: value)
  }
}

extension CaptionRecipe: AblatedRecipe {
  /// Always: by `test` where there is one, else by `validation`.
  public var isMeasured: Bool { true }

  /// Names what a run reads.
  public func addInputs(to check: inout OutputCheck) {
    check.readModel(encoder)
    sources.addInputs(to: &check)
  }

  /// Trains a run that is not finished yet, and measures it on the test images, or else on those of the validation.
  public func trainAndMeasure(
    stop: StopRequest?, reports: RunReports
  ) throws -> (parameters: Int, validation: ValidationResult)? {
    guard let result = try CaptionTrainingRun(self, stop: stop, reports: reports).train() else { return nil }
    let test = CaptionTest(sources, header, reports: reports)
    return (result.parameterCount, try test(CaptionerCheckpoint(contentsOf: result.model)))
  }
}

extension SelfCriticalRecipe: AblatedRecipe {
  /// Always: by `test` where there is one, else by `validation`.
  public var isMeasured: Bool { true }

  /// Names what a run reads.
  public func addInputs(to check: inout OutputCheck) {
    check.readModel(captioner)
    check.readModel(rewardModel)
    if let judge { check.readModel(judge.model) }
    if let grammarHead { check.read(grammarHead) }
    sources.addInputs(to: &check)
  }

  /// Trains a run that is not finished yet, and measures it on the test images, or else on those of the validation.
  public func trainAndMeasure(
    stop: StopRequest?, reports: RunReports
  ) throws -> (parameters: Int, validation: ValidationResult)? {
    guard let result = try SelfCriticalRun(self, stop: stop, reports: reports).tune() else { return nil }
    let test = CaptionTest(sources, header, reports: reports)
    return (result.parameterCount, try test(CaptionerCheckpoint(contentsOf: result.model)))
  }
}
