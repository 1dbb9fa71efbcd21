import Foundation
import Testing
import Training

@Suite struct LearningRateTests {
  @Test func theWarmUpEndsAtThePeakAndTheCosineAtTheFloor() {
    let rate = LearningRateSchedule(peak: 2, warmupSteps: 4, totalSteps: 14, minRatio: 0.1)
    #expect((0..<4).map { rate.rate(at: $0) } == [0.5, 1, 1.5, 2])
    #expect(rate.rate(at: 4) == 2)
    #expect(abs(rate.rate(at: 9) - 1.1) < 1e-12)
    #expect(abs(rate.rate(at: 14) - 0.2) < 1e-12)
    #expect(abs(rate.rate(at: 1_000) - 0.2) < 1e-12)
  }

  @Test func otherShapes() {
    let line = LearningRateSchedule(peak: 1, warmupSteps: 0, totalSteps: 10, shape: .linear)
    #expect([0, 5, 10, 11].map { line.rate(at: $0) } == [1, 0.5, 0, 0])
    let constant = LearningRateSchedule(peak: 1, warmupSteps: 2, totalSteps: 4, shape: .constant)
    #expect([0, 1, 2, 3, 100].map { constant.rate(at: $0) } == [0.5, 1, 1, 1, 1])
    let odd = LearningRateSchedule(peak: 1, warmupSteps: 9, totalSteps: 3)
    #expect((0..<20).allSatisfy { odd.rate(at: $0).isFinite && odd.rate(at: $0) <= 1 })
  }
}

extension EngineTests {
  @Suite struct OptimizationTests {
    private func trained(_ numbers: [Float], _ shape: [Int], _ torch: Torch, gradient: Float?) throws
      -> Tensor
    {
      let tensor = try torch.tensor(numbers, shape)
      try tensor.requireGradient()
      if let gradient { try (tensor * Double(gradient)).sum().backward() }
      return tensor
    }

    @Test func matricesDecayAndVectorsDoNot() throws {
      let torch = try EngineTests.torch()
      let matrix = try trained([1, 2], [1, 2], torch, gradient: 3)
      let vector = try trained([1, 2], [2], torch, gradient: 3)
      let slow = try trained([1, 2], [2], torch, gradient: 3)
      let still = try trained([1, 2], [1, 2], torch, gradient: nil)
      let adam = try AdamW(
        [("matrix", matrix), ("vector", vector), ("slow", slow), ("still", still)], torch: torch, decay: 0.5,
        rateFactor: { $0 == "slow" ? 0.1 : 1 })
      try adam.update(rate: 0.1)
      #expect(adam.step == 1)
      // The first step of Adam is the rate, against the gradient's sign.
      #expect(EngineTests.difference(try matrix.floats(), [0.85, 1.8]) < 1e-5)
      #expect(EngineTests.difference(try vector.floats(), [0.9, 1.9]) < 1e-5)
      #expect(EngineTests.difference(try slow.floats(), [0.99, 1.99]) < 1e-5)
      #expect(try still.floats() == [1, 2])
    }

    @Test func gradientsAreScaledDownToTheLimitAndNeverUp() throws {
      let torch = try EngineTests.torch()
      let a = try trained([0, 0], [2], torch, gradient: 3)
      let b = try trained([0, 0], [2], torch, gradient: 4)
      let all = [a, b, try trained([0], [1], torch, gradient: nil)]
      let norm = 50.0.squareRoot()
      #expect(abs(try torch.clipGradients(of: all, to: nil) - norm) < 1e-5)
      #expect(abs(try torch.clipGradients(of: all, to: 100) - norm) < 1e-5)
      #expect(try a.gradient()?.floats() == [3, 3])
      #expect(abs(try torch.clipGradients(of: all, to: 1) - norm) < 1e-5)
      #expect(abs(try torch.clipGradients(of: all, to: nil) - 1) < 1e-5)
      let odd = try trained([0], [1], torch, gradient: .nan)
      #expect(try torch.clipGradients(of: all + [odd], to: 0.1).isNaN)
      #expect(abs(try torch.clipGradients(of: all, to: nil) - 1) < 1e-5)
      #expect(try torch.clipGradients(of: [], to: 1) == 0)
    }

    @Test func anAverageFollowsItsParameters() throws {
      let torch = try EngineTests.torch()
      let x = try trained([0, 8], [2], torch, gradient: nil)
      let average = try MovingAverage([("x", x)], torch: torch, decay: 0.9)
      #expect(try average.values["x"]?.floats() == [0, 8])
      try x.write([11, 8])
      try average.update(step: 1)
      // Early averages keep (1 + step) / (10 + step) of the old.
      #expect(EngineTests.difference(try #require(average.values["x"]).floats(), [9, 8]) < 1e-6)
      try average.update(step: 1_000)
      #expect(EngineTests.difference(try #require(average.values["x"]).floats(), [9.2, 8]) < 1e-6)
      #expect(try x.floats() == [11, 8])
    }
  }
}
