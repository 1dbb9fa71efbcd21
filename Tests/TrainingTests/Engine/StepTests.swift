import CLIP
import Foundation
import TestSupport
import TrainingSupport
import Testing
import Training

extension EngineTests {
  /// Whole steps beside PyTorch's; see `Fixtures/make_steps.py`.
  @Suite struct StepTests {
    @Test(arguments: StepGolden.models)
    func lossesAndGradientsArePyTorchs(_ model: String) throws {
      let step = try StepGolden(model, torch: EngineTests.torch())
      let network = try step.network()
      for gradCheckpointing in [false, true] {
        try step.torch.clearGradients(network.parameters.names.map { try network.parameters($0) })
        let losses = try step.losses(network, gradCheckpointing: gradCheckpointing)
        for (name, expected) in step.golden.losses {
          let found = try #require(losses.parts[name]).number()
          #expect(abs(found - expected) < 1e-5 * max(1, abs(expected)), "\(name)")
        }
        #expect(abs(try losses.whole.number() - step.golden.loss) < 1e-5 * step.golden.loss)
        try losses.whole.backward()
        let longest = step.golden.gradients.values.map(\.norm).max() ?? 0
        #expect(
          Set(step.golden.gradients.keys)
            == Set(network.parameters.names.filter { !StemNames.isStatistic($0) }))
        for (name, expected) in step.golden.gradients {
          let gradient = try #require(try network.parameters(name).gradient(), "\(name)")
          let off = expected.difference(try gradient.floats())
          // A key's bias has no gradient but what rounding leaves.
          #expect(off < 2e-4 * expected.norm + 1e-6 * longest, "\(name): \(off) of \(expected.norm)")
        }
      }
    }

    @Test(arguments: StepGolden.models)
    func fiveStepsOfAdamWLeadWherePyTorchsDo(_ model: String) throws {
      let step = try StepGolden(model, torch: EngineTests.torch())
      let network = try step.network()
      let parameters = network.parameters.all.filter { !StemNames.isStatistic($0.name) }
      let settings = step.optimizer
      let optimizer = try AdamW(parameters, torch: step.torch, decay: settings.decay)
      let rate = LearningRateSchedule(
        peak: settings.peak, warmupSteps: settings.warm_up, totalSteps: settings.steps)
      var losses: [Double] = []
      var norms: [Double] = []
      for index in 0..<settings.steps {
        try step.torch.clearGradients(parameters.map(\.tensor))
        let loss = try step.losses(network).whole
        try loss.backward()
        losses.append(try loss.number())
        norms.append(try step.torch.clipGradients(of: parameters.map(\.tensor), to: settings.limit))
        try optimizer.update(rate: rate.rate(at: index))
      }
      losses.append(try step.losses(network).whole.number())
      for (found, expected) in zip(losses, step.golden.steps.losses) {
        #expect(abs(found / expected - 1) < 1e-3)
      }
      for (found, expected) in zip(norms, step.golden.steps.norms) {
        #expect(abs(found / expected - 1) < 2e-3)
      }
      for (name, expected) in step.golden.after {
        let off = expected.difference(try network.parameters(name).floats())
        #expect(off < 1e-3 * expected.norm, "\(name): \(off) of \(expected.norm)")
      }
    }

    @Test func accumulatedGradientsAreThoseOfTheWhole() throws {
      let torch = try EngineTests.torch()
      let x = try torch.normal([6, 4])
      let weight = try torch.normal([3, 4])
      try weight.requireGradient()
      try x.linear(weight).square().mean().backward()
      let whole = try #require(try weight.gradient()).floats()
      try torch.clearGradients([weight])
      for part in [0..<3, 3..<6] { try (x.slice(0, part).linear(weight).square().mean() / 2).backward() }
      let parts = try #require(try weight.gradient()).floats()
      #expect(EngineTests.difference(parts, whole.map(Double.init)) < 1e-6)
    }
  }
}
