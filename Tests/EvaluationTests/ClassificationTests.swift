import CLIP
import CaptionMetrics
import Evaluation
import Foundation
import MetricsSupport
import TestSupport
import Testing

@Suite struct ClassificationTests {
  @Test func labelsAreReadWithTheirSynonyms() throws {
    let labels = try LabelSet(lines: "goldfish, Carassius auratus\n\n  tabby\r\nsea_lion", file: "l.txt")
    #expect(labels.labels.map(\.name) == ["goldfish", "tabby", "sea_lion"])
    #expect(labels.labels[0].names == ["goldfish", "Carassius auratus"])
    #expect(labels.place(of: "Goldfish,  carassius auratus") == 0)
    #expect(labels.place(of: "GOLDFISH") == 0 && labels.place(of: "sea lion") == 2)
    #expect(labels.place(of: "Carassius auratus") == nil)
    #expect(try LabelSet(list: "cat, dog").labels.map(\.name) == ["cat", "dog"])
  }

  @Test(arguments: [
    ("cat", "two are the fewest"), ("cat,dog,Cat", "\"Cat\" is there twice"), ("", "0 labels"),
  ])
  func labelsThatAreNoneAreRefused(list: String, problem: String) {
    let error = #expect(throws: EvaluationError.self) { try LabelSet(list: list) }
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
  }

  private func classifier() throws -> ZeroShotClassifier {
    let embedder = StubEmbedder(
      images: [:], texts: ["a cat": [2, 0], "the cat": [1, 1], "a dog": [0, 3], "the dog": [0, 1]])
    return try ZeroShotClassifier(
      LabelSet(list: "cat,dog"), templates: ["a {}", "the {}"], embedder: embedder)
  }

  @Test func aLabelIsTheMeanOfItsPromptsOfUnitLength() throws {
    let classifier = try classifier()
    let length = (1 + 0.5.squareRoot()) * (1 + 0.5.squareRoot()) + 0.5
    #expect(
      abs(Double(classifier.embeddings[0].first ?? 0) - (1 + 0.5.squareRoot()) / length.squareRoot()) < 1e-6)
    let cosines = classifier.cosines(of: try Embeddings(values: [0, 5, 3, 0], dimension: 2))
    #expect(abs(cosines[1] - 1) < 1e-6 && abs(cosines[3]) < 1e-6)
    let balanced = classifier.cosines(
      of: try Embeddings(values: [0, 5, 3, 0], dimension: 2), balanced: true)
    #expect(abs(balanced[1] + balanced[3]) < 1e-6)
  }

  @Test func probabilitiesAreTheSoftmaxAndTiesGoToTheEarlierLabel() {
    let classification = Classification(cosines: [0.2, 0.5, 0.2, 1, 1, 1], labels: 3, scale: 10, top: 2)
    let expected = exp(5.0) / (exp(2.0) + exp(5.0) + exp(2.0))
    #expect(abs(classification.choices[0][0].probability - expected) < 1e-6)
    #expect(classification.choices.map { $0.map(\.label) } == [[1, 0], [0, 1]])
    let huge = Classification(cosines: [0.2, 0.5], labels: 2, scale: 1e8, top: 2)
    #expect(huge.choices[0].map(\.probability) == [1, 0])
  }

  @Test func accuracyCountsAndNamesConfusions() {
    let cosines: [Float] = [0.9, 0.1, 0.2, 0.8, 0.7, 0.3, 0.6, 0.4]
    let classification = Classification(cosines: cosines, labels: 2, scale: 10, top: 2)
    let accuracy = ClassificationAccuracy(classification, truth: [0, 1, 1, 0], labels: 2)
    #expect(accuracy.top1 == 0.75 && accuracy.top5 == 1 && accuracy.meanPerLabel == 0.75)
    #expect(accuracy.matrix == [[2, 0], [1, 1]])
    #expect(accuracy.confusions(limit: 5) == [.init(truth: 1, choice: 0, count: 1)])
    // Wilson's interval of 3 of 4, as statsmodels' proportion_confint(3, 4, method="wilson") gives it.
    #expect(abs(accuracy.interval.lowerBound - 0.300_641_8) < 1e-6)
    #expect(abs(accuracy.interval.upperBound - 0.954_412_7) < 1e-6)
  }

  @Test func theScaleMakesProbabilitiesAsOftenRightAsTheySay() {
    // Three of four times the label that is nearer by 0.1 is right: its probability should be 0.75, at a scale of ln 3 / 0.1.
    let cosines: [Float] = (0..<400).flatMap { _ in [Float(0.1), 0] }
    let truth = (0..<400).map { $0 % 4 == 0 ? 1 : 0 }
    let scale = ScaleCalibration.scale(
      cosines: cosines, labels: 2, truth: truth, images: Array(truth.indices))
    #expect(abs(scale - log(3) / 0.1) < 0.01)
    let classification = Classification(cosines: cosines, labels: 2, scale: scale, top: 1)
    let accuracy = ClassificationAccuracy(classification, truth: truth, labels: 2)
    #expect(accuracy.calibrationError < 1e-4)
  }
}
