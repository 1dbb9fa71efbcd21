import CLIP
import TestSupport
import TrainingSupport
import Testing
import Training

extension EngineTests {
  /// One model, two implementations.
  @Suite struct NetworkTests {
    private static func rows(_ tensor: Tensor) throws -> [[Float]] {
      let width = tensor.shape[1]
      let numbers = try tensor.floats()
      return stride(from: 0, to: numbers.count, by: width).map { Array(numbers[$0..<($0 + width)]) }
    }

    private static func embed(_ texts: [[Int32]], _ network: CLIPNetwork, _ pass: ForwardPass = ForwardPass())
      throws -> [[Float]]
    {
      try rows(network.text(ids: texts.flatMap(\.self), lengths: texts.map(\.count), pass))
    }

    @Test(arguments: TinyModel.layouts)
    func theNetworksRowsAreTheEngines(_ layout: String) throws {
      let model = try TinyModel(layout)
      let network = try CLIPNetwork(model.checkpoint, torch: EngineTests.torch())
      let engine = try model.engineRows()
      let images = try Self.rows(network.vision(model.batch(network.parameters.torch)))
      let texts = try Self.embed(model.texts, network)
      #expect(images.count == engine.images.count && texts.count == engine.texts.count)
      for (row, expected) in zip(images + texts, engine.images + engine.texts) {
        #expect(distance(row, expected) < 1e-10)
        #expect(EngineTests.difference(row, expected.map(Double.init)) < 1e-4)
      }
    }

    @Test(arguments: ["lclip", "lclip-causal"])
    func aLargeBatchInGroupsOfLengthsHasTheSameRowsAndGradients(_ layout: String) throws {
      let model = try TinyModel(layout)
      let torch = try EngineTests.torch()
      let limit = model.checkpoint.configuration.text.contextLength
      let end = Int32(model.checkpoint.configuration.text.vocabularySize - 1)
      let texts = (0..<300).map { index -> [Int32] in
        let length = 3 + (index * index) % (limit - 2)
        return (0..<(length - 1)).map { Int32(1 + ($0 * 7 + index) % 50) } + [end]
      }
      func pass(_ texts: [[[Int32]]]) throws -> (rows: [[Float]], gradient: [Float]) {
        let network = try CLIPNetwork(model.checkpoint, torch: torch)
        let parts = try texts.map { try network.text(ids: $0.flatMap(\.self), lengths: $0.map(\.count)) }
        let rows = try torch.concatenated(parts)
        let name = "text_model.encoder.layers.0.self_attn.q_proj.weight"
        let parameter = try #require(network.parameters.all.first { $0.name == name }).tensor
        try (rows * rows).sum().backward()
        return (try Self.rows(rows), try #require(try parameter.gradient()).floats())
      }
      let grouped = try pass([texts])
      // Below the size of a group everything has one rectangle.
      let alone = try pass(stride(from: 0, to: 300, by: 50).map { Array(texts[$0..<($0 + 50)]) })
      for (row, expected) in zip(grouped.rows, alone.rows) {
        #expect(EngineTests.difference(row, expected.map(Double.init)) < 1e-4)
      }
      #expect(EngineTests.difference(grouped.gradient, alone.gradient.map(Double.init)) < 1e-4)
    }

    @Test(arguments: ["lclip", "lclip-causal"])
    func companyAndWaysOfComputingDoNotChangeARow(_ layout: String) throws {
      let model = try TinyModel(layout)
      let torch = try EngineTests.torch()
      let network = try CLIPNetwork(model.checkpoint, torch: torch)
      let together = try Self.embed(model.texts, network)
      for (text, row) in zip(model.texts, together) {
        #expect(try distance(Self.embed([text], network)[0], row) < 1e-11)
      }
      let turned = try Self.embed(model.texts.reversed(), network)
      for (a, b) in zip(turned.reversed(), together) { #expect(distance(a, b) < 1e-11) }
      var recomputing = ForwardPass()
      recomputing.gradCheckpointing = true
      #expect(try Self.embed(model.texts, network, recomputing) == together)
      // A layer that is listened to computes all of its rows.
      var listening = ForwardPass()
      let last = ActivationHook()
      listening.hooks = [model.checkpoint.configuration.text.transformer.layers - 1: last]
      for (a, b) in zip(try Self.embed(model.texts, network, listening), together) {
        #expect(distance(a, b) < 1e-11)
      }
      let shape = model.checkpoint.configuration.text.transformer
      let longest = model.texts.map(\.count).max() ?? 0
      #expect(last.hidden?.shape == [model.texts.count, longest, shape.width])
      #expect(last.queries?.shape == [model.texts.count, shape.heads, longest, shape.width / shape.heads])
    }

    @Test func whatATowerCannotTakeIsNamed() throws {
      let model = try TinyModel("lclip")
      let network = try CLIPNetwork(model.checkpoint, torch: EngineTests.torch())
      let cases: [([Int32], [Int], String)] = [
        ([98, 99], [3], "2 tokens and lengths for [3]"), ([98, 100], [2], "token id 100"),
        ([-1], [1], "token id -1"),
        ([Int32](repeating: 5, count: 17), [17], "a text has 17 tokens"),
        ([98, 99], [2, 0], "an empty text"),
        ([], [], "an empty text"),
      ]
      for (ids, lengths, part) in cases {
        let error = #expect(throws: TrainingError.self) { try network.text(ids: ids, lengths: lengths) }
        #expect("\(error as Any)".contains(part), "\(error as Any)")
      }
      let torch = network.parameters.torch
      for shape in [[1, 3, 16, 32], [1, 1, 32, 32], [0, 3, 32, 32], [3, 32, 32]] {
        let error = #expect(throws: TrainingError.self) { try network.vision(torch.full(0, shape)) }
        #expect("\(error as Any)".contains("\(shape)"), "\(error as Any)")
      }
      let odd = #expect(throws: TrainingError.self) { try network.vision(torch.full(0, [1, 3, 20, 20])) }
      #expect("\(odd as Any)".contains("patches of 8"), "\(odd as Any)")
    }

    @Test func parametersComeBackAsTheyWereRead() throws {
      let model = try TinyModel("lclip-stem-blocks")
      let network = try CLIPNetwork(model.checkpoint, torch: EngineTests.torch())
      let back = try network.parameters.checkpoint(like: model.checkpoint)
      #expect(Set(back.tensors.keys) == Set(model.checkpoint.tensors.keys))
      for (name, stored) in model.checkpoint.tensors {
        #expect(back.tensors[name]?.floats() == stored.floats())
      }
      let average = try network.parameters.torch.full(2, [20, 32])
      let other = try network.parameters.checkpoint(
        like: model.checkpoint, replacing: ["visual_projection.weight": average])
      #expect(other.tensors["visual_projection.weight"]?.floats().allSatisfy { $0 == 2 } == true)
    }

    @Test func aCheckpointThatDoesNotFitItsConfigurationIsRefused() throws {
      var checkpoint = try TinyModel("lclip").checkpoint
      let name = "text_projection.weight"
      checkpoint.tensors[name] = StoredTensor(shape: [2], floats: [1, 2])
      let torch = try EngineTests.torch()
      #expect(throws: TrainingError.misshapenParameter(name: name, expected: [20, 24], found: [2])) {
        try CLIPNetwork(checkpoint, torch: torch)
      }
      checkpoint.tensors[name] = nil
      #expect(throws: TrainingError.missingParameter(name: name)) {
        try CLIPNetwork(checkpoint, torch: torch)
      }
    }

    @Test func branchesAreSkippedItemAtRandomAndScaledUp() throws {
      let model = try TinyModel("lclip")
      let torch = try EngineTests.torch()
      let network = try CLIPNetwork(model.checkpoint, torch: torch)
      var pass = ForwardPass()
      pass.dropPath = 0.5
      var rows: [[[Float]]] = []
      for seed in [1, 2, 1] as [UInt64] {
        try torch.seed(seed)
        rows.append(try Self.embed(model.texts, network, pass))
      }
      #expect(rows[0] == rows[2] && rows[0] != rows[1])
      var recomputing = pass
      recomputing.gradCheckpointing = true
      try torch.seed(1)
      #expect(try Self.embed(model.texts, network, recomputing) == rows[0])
    }
  }
}
