import TrainingSupport
import TestSupport
import Testing
import Training

extension EngineTests {
  /// Changes of low rank beside the weights, and in them.
  @Suite struct LoRATests {
    private static func rows(_ network: CLIPNetwork, _ model: TinyModel) throws -> [Float] {
      try network.text(ids: model.texts.flatMap(\.self), lengths: model.texts.map(\.count)).floats()
    }

    @Test(arguments: ["huggingface", "lclip"])
    func aChangeThatIsWrittenIsTheChangeThatWasTrained(_ layout: String) throws {
      let model = try TinyModel(layout)
      let torch = try EngineTests.torch()
      let plain = try CLIPNetwork(model.checkpoint, torch: torch)
      let network = try CLIPNetwork(
        model.checkpoint, torch: torch, lora: LoRAConfiguration(rank: 3, alpha: 6), seed: 5)
      // It begins as the model was.
      #expect(try Self.rows(network, model) == Self.rows(plain, model))
      let names = network.parameters.updateNames
      #expect(!names.isEmpty && Set(names).isSubset(of: network.parameters.names))
      let moved = network.parameters.all.filter { names.contains($0.name) }
      for (name, tensor) in network.parameters.all { try tensor.requireGradient(names.contains(name)) }
      let optimizer = try AdamW(moved, torch: torch, decay: 0)
      for _ in 0..<3 {
        try torch.clearGradients(moved.map(\.tensor))
        try network.text(ids: model.texts.flatMap(\.self), lengths: model.texts.map(\.count))
          .square().mean().backward()
        try optimizer.update(rate: 1e-2)
      }
      let trained = try Self.rows(network, model)
      let written = try network.parameters.checkpoint(like: model.checkpoint)
      #expect(Set(written.tensors.keys) == Set(model.checkpoint.tensors.keys))
      let merged = try Self.rows(CLIPNetwork(written, torch: torch), model)
      #expect(EngineTests.difference(merged, trained.map(Double.init)) < 1e-5)
      #expect(EngineTests.difference(trained, try Self.rows(plain, model).map(Double.init)) > 1e-3)
      // The image tower is not touched.
      for (name, tensor) in written.tensors where name.hasPrefix("vis") {
        #expect(tensor.floats() == model.checkpoint.tensors[name]?.floats(), "\(name)")
      }
    }
  }
}
