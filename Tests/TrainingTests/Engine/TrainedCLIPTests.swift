import CLIP
import TestSupport
import Testing
import Training
import TrainingSupport

@Suite struct WeightInterpolationTests {
  @Test func whatDiffersLiesBetweenAndTheRestIsNotCopied() throws {
    let start = try TinyModel("huggingface").checkpoint
    var end = start
    let name = "text_projection.weight"
    let old = try #require(start.tensors[name]).floats()
    end.tensors[name] = StoredTensor(shape: [20, 24], floats: old.map { $0 + 1 })
    let way = WeightInterpolation(from: start, to: end)
    #expect(try #require(way(0).tensors[name]).floats() == old)
    #expect(try #require(way(1).tensors[name]).floats() == old.map { $0 + 1 })
    let between = try #require(way(0.25).tensors[name]).floats()
    #expect(zip(between, old).allSatisfy { abs($0 - $1 - 0.25) < 1e-6 })
    for (other, tensor) in way(0.25).tensors where other != name {
      let isShared = tensor.owner === end.tensors[other]?.owner
      #expect(isShared, "\(other)")
    }
  }
}

extension EngineTests {
  @Suite struct TrainedCLIPTests {
    @Test func whatIsFrozenIsReadFromTheDeviceOnce() throws {
      let source = try TinyModel("lclip-stem").checkpoint
      let network = try CLIPNetwork(source, torch: EngineTests.torch())
      let trained = Set(network.parameters.names.filter { $0.hasPrefix("text") })
      let model = TrainedCLIP(network, source: source, trained: trained)
      #expect(model.moves(.text) && !model.moves(.image))
      let first = try model.checkpoint()
      for name in trained {
        let tensor = try network.parameters(name)
        try tensor.write(try tensor.floats().map { $0 + 1 })
      }
      let second = try model.checkpoint()
      for (name, tensor) in second.tensors {
        let isKept = tensor.owner === first.tensors[name]?.owner
        // Running statistics move without a gradient.
        #expect(isKept == !(trained.contains(name) || StemNames.isStatistic(name)), "\(name)")
        #expect((tensor.floats() == first.tensors[name]?.floats()) == !trained.contains(name), "\(name)")
      }
    }

    @Test func theWeightsThatLoRAChangesAreNotFrozen() throws {
      let source = try TinyModel("huggingface").checkpoint
      let network = try CLIPNetwork(
        source, torch: EngineTests.torch(), lora: LoRAConfiguration(rank: 2, alpha: 4), seed: 1)
      let trained = Set(network.parameters.updateNames)
      let model = TrainedCLIP(network, source: source, trained: trained)
      let first = try model.checkpoint()
      for name in trained {
        let tensor = try network.parameters(name)
        try tensor.write([Float](repeating: 0.5, count: tensor.count))
      }
      let second = try model.checkpoint()
      let moved = second.tensors.filter { $1.floats() != first.tensors[$0]?.floats() }.keys
      // Six layers of two blocks.
      #expect(moved.count == 12 && moved.allSatisfy { $0.hasPrefix("text_model.encoder.") }, "\(moved)")
    }

    @Test func logitsAreNotLetGrowBeyondAHundredTimesTheCosine() throws {
      final class Still: CLIPTrainingTask {
        let model: TrainedCLIP
        let batchesPerEpoch = 0
        let isValidated = false
        init(_ model: TrainedCLIP) { self.model = model }
        func batches(from position: DataPosition) throws -> BatchLoader { throw CancellationError() }
        func losses(of batch: Batch) throws -> LossTerms { LossTerms() }
        func validate(_ snapshot: Checkpoint) throws -> ValidationResult { throw CancellationError() }
      }
      let source = try TinyModel("lclip").checkpoint
      let network = try CLIPNetwork(source, torch: EngineTests.torch())
      let task = Still(TrainedCLIP(network, source: source, trained: []))
      for (before, after) in [(Float(5), Float(4.605170185988092)), (3, 3)] {
        try network.logitScale.write([before])
        try task.finishStep()
        #expect(try network.logitScale.floats() == [after])
      }
    }
  }
}
