import CLIP
import CaptionData
import CaptionMetrics
import MetricsSupport
import Foundation
import Testing

@Suite struct CalibrationTests {
  private let calibration = ScoreCalibration(scale: 4, offset: 0.2, referenceOffset: 0.5)
  private let half = 0.5.squareRoot()

  private func stub(_ calibration: ScoreCalibration?) -> StubEmbedder {
    let texts: [String: [Float]] = ["east": [2, 0], "northeast": [1, 1], "north": [0, 1]]
    return StubEmbedder(
      images: ["east": [3, 0]],
      texts: texts.merging(texts.map { ("A photo depicts \($0.key)", $0.value) }) { $1 },
      calibration: calibration)
  }

  private let items = ["east", "northeast", "north"].map {
    CLIPScorer.Item(
      id: $0, image: URL(fileURLWithPath: "/images/east"), candidate: $0, references: ["northeast"])
  }

  @Test func aModelsOwnScaleAndOffsetsMakeItsScores() throws {
    let result = try CLIPScorer(embedder: stub(calibration)).score(items, withReferences: true)
    let expected = [4 * 0.8, 4 * (half - 0.2), 0]
    // (cos − r) / (1 − r), of the cosine with the one reference.
    let references = [(half - 0.5) / 0.5, 1, (half - 0.5) / 0.5]
    for (index, score) in result.scores.enumerated() {
      let score = try #require(score)
      #expect(abs(score.score - expected[index]) < 1e-7)
      let mean = 2 * expected[index] * references[index] / (expected[index] + references[index])
      #expect(abs((score.referenceScore ?? .nan) - mean) < 1e-7)
    }
    #expect(abs(result.corpus - expected.reduce(0, +) / 3) < 1e-7)
  }

  @Test func withoutAReferenceOffsetTheReferencePartIsTheCosine() {
    let formula = CLIPScoreFormula(.hessel, calibration: ScoreCalibration(scale: 3, offset: 0.1))
    #expect(abs(formula.referenceScore(cosine: 0.5, bestReferenceCosine: 0.4) - 2 * 1.2 * 0.4 / 1.6) < 1e-12)
    #expect(formula.score(cosine: 0.05) == 0)
    let far = CLIPScoreFormula(.hessel, calibration: calibration)
    #expect(far.referenceScore(cosine: 0.9, bestReferenceCosine: 0.4) == 0)
  }

  @Test(arguments: [CLIPScoreDefinition.torchmetrics, .pac])
  func otherDefinitionsAreOtherProgramsNumbers(_ definition: CLIPScoreDefinition) throws {
    let own = try CLIPScorer(embedder: stub(calibration), definition: definition).score(
      items, withReferences: true)
    let plain = try CLIPScorer(embedder: stub(nil), definition: definition).score(items, withReferences: true)
    #expect(own.scores == plain.scores)
    #expect(CLIPScoreFormula(definition, calibration: calibration).summary == definition.rawValue)
  }

  @Test func theReportSaysWithWhatItWasScored() throws {
    let dataset = CaptionDataset(
      name: "a",
      items: items.map {
        .init(
          id: $0.id, candidate: $0.candidate, references: $0.references, imageName: "east", image: $0.image)
      })
    func evaluation(_ calibration: ScoreCalibration?) -> CaptionEvaluation {
      let stub = stub(calibration)
      return CaptionEvaluation(metrics: [CLIPScore(for: stub), RefCLIPScore(for: stub)])
    }
    let report = try evaluation(calibration).report(
      on: dataset, embedder: stub(calibration), provenance: Provenance(version: "1"))
    #expect(report.provenance.signature.contains("|clipscore:hessel(4.0,0.2,0.5)|"))
    let text = try report.json()
    for part in [#""scale": 4"#, #""offset": 0.2"#, #""reference_offset": 0.5"#] {
      #expect(text.contains(part))
    }
    #expect(report.table().contains("up to 3.2 (hessel(4.0,0.2,0.5))"), "\(report.table())")
    let plain = try evaluation(nil).report(
      on: dataset, embedder: stub(nil), provenance: Provenance(version: "1"))
    #expect(plain.provenance.signature.contains("|clipscore:hessel|"))
    #expect(try !plain.json().contains("offset"))
  }
}
