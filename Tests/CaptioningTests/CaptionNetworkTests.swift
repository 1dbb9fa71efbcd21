import CLIP
import Captioning
import Foundation
import TestSupport
import Testing
import Training

/// The decoder in training beside a plain PyTorch decoder; see `Fixtures/make_captioner.py`.
@Suite(.serialized, .enabled(if: TorchInstallation.isSetUp, "libtorch is not set up"))
struct CaptionNetworkTests {
  @Test func logitsLossAndGradientsArePyTorchs() throws {
    let golden = try CaptionerGolden()
    let torch = try Torch(threads: 1)
    let network = try CaptionNetwork(golden.model.tensors, golden.model.configuration, torch: torch)
    for (_, tensor) in network.all { try tensor.requireGradient() }
    let steps = golden.steps
    let layout = try CaptionLayout(
      steps.map(\.inputs), counts: golden.document.captions.map(\.count), torch: torch)
    let features = try torch.tensor(golden.features.floats(), golden.features.shape)
    let logits = try network.logits(features: features, captions: layout)
    let worst = zip(try logits.floats(), golden.logits).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst < 1e-4, "\(worst)")
    let loss = try CaptionLosses.crossEntropy(logits, targets: steps.flatMap(\.targets), smoothing: 0.1)
    #expect(abs(try loss.number() - golden.document.loss) < 1e-5)
    try loss.backward()
    for (name, tensor) in network.all {
      let expected = try #require(golden.gradients[name])
      let found = try #require(try tensor.gradient()).floats()
      let size = expected.map(abs).max() ?? 0
      let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(difference <= 1e-4 * max(size, 1e-3), "\(name): \(difference) of \(size)")
    }
  }

  @Test func selfCriticalTrainingIsPyTorchs() throws {
    let golden = try CaptionerGolden()
    let torch = try Torch(threads: 1)
    let network = try CaptionNetwork(golden.model.tensors, golden.model.configuration, torch: torch)
    for (_, tensor) in network.all { try tensor.requireGradient() }
    let steps = golden.steps
    let layout = try CaptionLayout(
      steps.map(\.inputs), counts: golden.document.captions.map(\.count), torch: torch)
    let logits = try network.logits(
      features: torch.tensor(golden.features.floats(), golden.features.shape), captions: layout)
    let advantages = zip(golden.document.advantages, steps).flatMap { advantage, step in
      step.targets.map { _ in advantage }
    }
    let loss = try CaptionLosses.selfCritical(
      logits, words: steps.flatMap(\.targets), advantages: advantages, count: Double(advantages.count))
    #expect(abs(try loss.number() - golden.document.self_critical) < 1e-5)
    try loss.backward()
    let table = try #require(network.all.first { $0.name == "token_embedding.weight" }).tensor
    let found = try #require(try table.gradient()).floats()
    let worst = zip(found, golden.selfCriticalGradient).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst < 1e-5, "\(worst)")
  }

  @Test func whatIsNeverWrittenHasNoShareInTheSelfCriticalLoss() throws {
    let torch = try Torch(threads: 1)
    let (never, rows) = ([Int32](CaptionVocabulary.neverWritten), 4)
    let numbers = (0..<(rows * 7)).map { Float(($0 * 37) % 11) / 4 }
    let logits = try torch.tensor(numbers, [rows, 7])
    try logits.requireGradient()
    // The last row is padding.
    let words: [Int32] = [3, 6, 0]
    let advantages: [Float] = [1, -0.5, 0.25]
    let loss = try CaptionLosses.selfCritical(
      logits, words: words, advantages: advantages, count: 3, excluding: never)
    var expected = 0.0
    for (row, (word, advantage)) in zip(words, advantages).enumerated() {
      let own = (0..<7).filter { !never.contains(Int32($0)) }.map { Double(numbers[row * 7 + $0]) }
      let sum = own.reduce(0) { $0 + exp($1) }
      expected -= Double(advantage) * (Double(numbers[row * 7 + Int(word)]) - log(sum)) / 3
    }
    #expect(abs(try loss.number() - expected) < 1e-5)
    try loss.backward()
    let gradient = try #require(try logits.gradient()).floats()
    for row in 0..<rows {
      for word in never { #expect(gradient[row * 7 + Int(word)] == 0) }
    }
    #expect(gradient[(3 * 7)...].allSatisfy { $0 == 0 })
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let golden = try CaptionerGolden()
    let torch = try Torch(threads: 1)
    let network = try CaptionNetwork(golden.model.tensors, golden.model.configuration, torch: torch)
    var configuration = golden.model.configuration
    configuration.lengthPenalty = 1.25
    let model = CaptionerCheckpoint(
      configuration: configuration, vocabulary: golden.model.vocabulary, tensors: try network.stored())
    try TestData.withTemporaryFolder { folder in
      let place = folder.appendingPathComponent("captioner")
      try model.write(to: place)
      let read = try CaptionerCheckpoint(contentsOf: place)
      #expect(read.configuration == configuration)
      #expect(read.vocabulary == golden.model.vocabulary)
      for (name, tensor) in golden.model.tensors { #expect(read.tensors[name]?.floats() == tensor.floats()) }
    }
  }
}
