import CLIP
import FineTuning
import Foundation
import TestSupport
import Testing
import Training
import TrainingSupport

/// Losses beside PyTorch's; see `Fixtures/make_paraphrase.py`.
@Suite(.serialized, .enabled(if: TorchInstallation.isSetUp, "libtorch is not set up"))
struct ParaphraseObjectiveTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let has_image: [Float]
      let temperature: Double?
      let losses: [String: Double]
      let gradients: [String: StepGolden.Trace]
    }

    struct Sentences: Decodable {
      let ids: [[Int32]]
      let old: [Float]
      let distances: [Double]
    }

    let weights: [String: Double]
    let ids: [[Int32]]
    let images: [Float]
    let cases: [Case]
    let anchors: Sentences

    init() throws {
      let url = TestData.fixtures().appendingPathComponent("paraphrase.json")
      self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    }

    var losses: FineTuningRecipe.Losses {
      var losses = FineTuningRecipe.Losses()
      losses.imageParaphrase = weights["image_paraphrase", default: 0]
      losses.captionPlain = weights["caption_plain", default: 0]
      losses.plainParaphrase = weights["plain_paraphrase", default: 0]
      losses.anchor = 3
      return losses
    }
  }

  private func network(_ torch: Torch) throws -> CLIPNetwork {
    try CLIPNetwork(Checkpoint.open(at: TinyModel.folder("lclip")), torch: torch)
  }

  private func texts(_ ids: [[Int32]]) -> TextBatch {
    TextBatch(
      ids: ids.flatMap(\.self),
      offsets: ids.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int32($1.count)) })
  }

  @Test(arguments: [0, 1]) func lossesAndGradientsArePyTorchs(_ index: Int) throws {
    let golden = try Golden()
    let expected = golden.cases[index]
    let torch = try Torch(threads: 1)
    let network = try network(torch)
    let objective = ParaphraseObjective(
      golden.losses, scale: expected.temperature.map { .temperature($0) } ?? .learned, network: network,
      group: ProcessGroup(alone: torch))
    let hasImage = expected.has_image.contains(0) ? expected.has_image : nil
    let images = zip(expected.has_image, stride(from: 0, to: golden.images.count, by: 20)).flatMap {
      shown, start in
      golden.images[start..<(start + 20)].map { shown * $0 }
    }
    let terms = try objective(
      ParaphraseBatch(count: 4, texts: texts(golden.ids), images: images, hasImage: hasImage))
    #expect(Set(terms.parts.map(\.name)) == Set(expected.losses.keys))
    for (name, value) in terms.parts {
      let wanted = try #require(expected.losses[name])
      #expect(abs(try value.number() - wanted) < 1e-5 * max(1, wanted), "\(name)")
    }
    try #require(try terms.total()).backward()
    #expect(try network.wrongGradients(expected.gradients) == [])
  }

  @Test func theModelsOwnScaleIsUsedAndDoesNotLearn() throws {
    let golden = try Golden()
    let torch = try Torch(threads: 1)
    let network = try network(torch)
    let objective = ParaphraseObjective(
      golden.losses, scale: .model, network: network, group: ProcessGroup(alone: torch))
    let terms = try objective(
      ParaphraseBatch(count: 4, texts: texts(golden.ids), images: golden.images, hasImage: nil))
    for (name, value) in terms.parts {
      #expect(abs(try value.number() - (golden.cases[0].losses[name] ?? 0)) < 1e-4, "\(name)")
    }
    try #require(try terms.total()).backward()
    #expect(try network.logitScale.gradient() == nil)
  }

  @Test func aBatchWithoutAnyImageHasTheLossesOfTexts() throws {
    let golden = try Golden()
    let torch = try Torch(threads: 1)
    let objective = ParaphraseObjective(
      golden.losses, scale: .model, network: try network(torch), group: ProcessGroup(alone: torch))
    let terms = try objective(
      ParaphraseBatch(
        count: 4, texts: texts(golden.ids), images: [Float](repeating: 0, count: 80), hasImage: [0, 0, 0, 0]))
    #expect(terms.parts.map(\.name) == ["caption_plain", "plain_paraphrase"])
  }

  @Test func anchorsComeInAnOrderOfTheirOwnAndCostTheirDistance() throws {
    try TestData.withTemporaryFolder { folder in
      let golden = try Golden()
      let torch = try Torch(threads: 1)
      let network = try network(torch)
      let order = try EpochOrder(itemCount: 7, batchSize: 3, seed: 5)
      let anchors = Anchors(
        TokenizedTexts(tokens: golden.anchors.ids, contextLength: 16),
        targets: try embeddingFile(golden.anchors.old, dimension: 20, named: "anchors", in: folder),
        order: order,
        steps: 5)
      // Two batches of anchors an epoch of theirs, whatever the epoch of the run: steps 0, 3 and 7.
      for (position, epoch, batch) in [
        (DataPosition(), 0, 0), (DataPosition(batch: 3), 1, 1), (DataPosition(epoch: 1, batch: 2), 3, 1),
      ] {
        let items = order.epoch(epoch).batch(batch).map { Int($0) }
        let expected = items.reduce(0) { $0 + golden.anchors.distances[$1] } / 3
        let loss = try anchors.loss(
          at: position, network: network, group: ProcessGroup(alone: torch), ForwardPass())
        #expect(abs(try loss.number() - expected) < 1e-5, "\(position)")
      }
      let objective = ParaphraseObjective(
        golden.losses, scale: .model, network: network, group: ProcessGroup(alone: torch))
      let terms = try objective(
        ParaphraseBatch(count: 4, texts: texts(golden.ids), images: golden.images, hasImage: nil),
        anchors: anchors)
      let items = order.epoch(0).batch(0).map { Int($0) }
      let expected = items.reduce(0) { $0 + golden.anchors.distances[$1] }
      let last = try #require(terms.parts.last)
      #expect(last.name == "anchor")
      // Of weight 3, and of three sentences.
      #expect(abs(try last.value.number() - expected) < 3e-5)
    }
  }
}
