import Foundation
import TestSupport
import Testing
import Training

extension EngineTests {
  @Suite struct OperatorTests {
    private struct Golden: Decodable {
      struct Value: Decodable {
        let shape: [Int]
        let values: [Double]

        func tensor(_ torch: Torch) throws -> Tensor { try torch.tensor(values.map(Float.init), shape) }
      }

      struct Case: Decodable {
        let inputs: [Value]
        let output: Value
        let weights: Value
        let gradients: [Value]
      }

      let cases: [String: Case]
    }

    private static var operators: [String: (Torch, [Tensor]) throws -> Tensor] {
      [
        "sum": { try $1[0] + $1[1] }, "difference": { try $1[0] - $1[1] }, "product": { try $1[0] * $1[1] },
        "quotient": { try $1[0] / $1[1] }, "numbers": { try 1 - ((($1[0] + 2) * 3) - 1) / 4 },
        "negation": { try -$1[0] }, "matmul": { try $1[0].matmul($1[1]) },
        "batched matmul": { try $1[0].matmul($1[1]) }, "maximum": { try $1[0].maximum($1[1]) },
        "exp": { try $1[0].exp() }, "log": { try $1[0].log() }, "sqrt": { try $1[0].sqrt() },
        "square": { try $1[0].square() }, "abs": { try $1[0].abs() }, "relu": { try $1[0].relu() },
        "sigmoid": { try $1[0].sigmoid() }, "gelu": { try $1[0].gelu() },
        "quick gelu": { try $1[0].quickGELU() },
        "at least": { try $1[0].atLeast(0.3) }, "at most": { try $1[0].atMost(0.3) },
        "softmax": { try $1[0].softmax(0) }, "log softmax": { try $1[0].logSoftmax() },
        "normalized": { try $1[0].normalized() }, "sum over": { try $1[0].sum([0, 2], keep: true) },
        "mean over": { try $1[0].mean([1]) }, "mean": { try $1[0].mean() },
        "linear": { try $1[0].linear($1[1], $1[2]) }, "linear without bias": { try $1[0].linear($1[1]) },
        "layer norm": { try $1[0].layerNorm($1[1], $1[2], epsilon: 1e-5) },
        "convolution": { try $1[0].convolution($1[1], $1[2], stride: 2, padding: 1) },
        "patches": { try $1[0].channelsLast().convolution($1[1], stride: 2) },
        "embedding": { try $1[0].embedding($0.indices([2, 0, 2, 3])) },
        "attention": {
          let mask = try $0.tensor([0, -1e9, 0, 0.5, 0, 0, 0.3, 0, -0.2, 0, 0, 0], [3, 4])
          return try $1[0].attention(keys: $1[1], values: $1[2], mask: mask)
        },
        "filled": {
          try $1[0].filled(where: $0.mask([true, false, false, false, false, true], [2, 3]), with: -7)
        },
        "reshaped": { try $1[0].reshaped([3, -1]) }, "permuted": { try $1[0].permuted([2, 0, 1]) },
        "expanded": { try $1[0].expanded([2, 3, 4]) }, "slice": { try $1[0].slice(1, 1..<3) },
        "select": { try $1[0].select($0.indices([2, 0, 2, 3]), 1) },
        "concatenated": { try $0.concatenated([$1[0], $1[1], $1[0]], 1) },
        "converted": { try $1[0].converted(.bfloat16).converted(.float32) },
      ]
    }

    @Test func valuesAndGradientsArePyTorchs() throws {
      let torch = try EngineTests.torch()
      let file = TestData.fixtures(#filePath.replacing("/Engine/", with: "/")).appendingPathComponent(
        "operators.json")
      let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
      let operators = Self.operators
      #expect(Set(golden.cases.keys) == Set(operators.keys))
      for (name, expected) in golden.cases {
        let body = try #require(operators[name])
        let inputs = try expected.inputs.map { try $0.tensor(torch) }
        for input in inputs { try input.requireGradient() }
        let output = try body(torch, inputs)
        #expect(output.shape == expected.output.shape, "\(name)")
        #expect(try EngineTests.difference(output.floats(), expected.output.values) < 1e-6, "\(name)")
        try (output * expected.weights.tensor(torch)).sum().backward()
        for (input, gradient) in zip(inputs, expected.gradients) {
          let found = try #require(try input.gradient())
          #expect(found.shape == gradient.shape, "\(name)")
          #expect(try EngineTests.difference(found.floats(), gradient.values) < 2e-6, "\(name)")
        }
      }
    }

    @Test func shapesThatDoNotFitAreBothNamed() throws {
      let torch = try EngineTests.torch()
      let a = try torch.full(1, [2, 3])
      let b = try torch.full(1, [4, 5])
      let indices = try torch.indices([0])
      let cases: [(() throws -> Tensor, [String])] = [
        ({ try a + b }, ["[2, 3]", "[4, 5]"]), ({ try a.matmul(b) }, ["[2, 3]", "[4, 5]"]),
        ({ try a.linear(b) }, ["[2, 3]", "[4, 5]"]),
        ({ try a.layerNorm(b, b, epsilon: 1e-5) }, ["[2, 3]", "[4, 5]"]),
        ({ try a.convolution(b) }, ["[2, 3]", "[4, 5]"]),
        ({ try a.attention(keys: b, values: b, mask: nil) }, ["[2, 3]", "[4, 5]"]),
        ({ try a.filled(where: b, with: 0) }, ["[2, 3]", "[4, 5]"]),
        ({ try a.reshaped([7]) }, ["[2, 3]", "[7]"]), ({ try a.expanded([5, 3]) }, ["[2, 3]", "[5, 3]"]),
        ({ try a.permuted([0, 0]) }, ["[2, 3]", "[0, 0]"]), ({ try a.slice(1, 2..<5) }, ["[2, 3]", "2..<5"]),
        ({ try a.select(indices, 5) }, ["[2, 3]", "5"]),
        ({ try torch.concatenated([a, b]) }, ["[2, 3]", "[4, 5]"]),
        ({ try torch.tensor([1, 2, 3], [2, 2]) }, ["[2, 2]", "[3]"]),
        ({ try torch.concatenated([]) }, ["concatenate"]),
      ]
      for (body, parts) in cases {
        let error = #expect(throws: TorchError.self) { _ = try body() }
        for part in parts { #expect("\(error as Any)".contains(part), "\(error as Any)") }
      }
      #expect(throws: TorchError.self) { try a.backward() }
      #expect(throws: TorchError.self) { try a.number() }
      #expect(throws: TorchError.self) { try a.write([1]) }
      #expect(throws: TorchError.self) { try a.embedding(torch.indices([2])) }
    }

    @Test func manyOperatorsLeaveNothingBehind() throws {
      let run = try HelperRun(["many"])
      #expect(run.status == 0, "\(run.errors)")
    }

    @Test func whatIsComputedAgainGivesTheSameGradientsWithDropoutToo() throws {
      let torch = try EngineTests.torch()
      let x = try torch.normal([8, 16])
      let weight = try torch.normal([16, 16], deviation: 0.3)
      let last = try torch.normal([16, 16], deviation: 0.3)
      let all = [x, weight, last]
      for tensor in all { try tensor.requireGradient() }
      func gradients(recomputing: Bool) throws -> (loss: Double, [[Float]]) {
        try torch.clearGradients(all)
        try torch.seed(3)
        let segment: ([Tensor]) throws -> Tensor = {
          try $0[0].linear(weight).gelu().dropout(0.4).linear(weight)
        }
        let middle = try recomputing ? torch.recomputed([x], segment) : segment([x])
        // More dropout after it: the generator must stand where it stood.
        let loss = try middle.dropout(0.3).linear(last).square().mean()
        try loss.backward()
        return (try loss.number(), try all.map { try $0.gradient()?.floats() ?? [] })
      }
      let plain = try gradients(recomputing: false)
      let again = try gradients(recomputing: true)
      #expect(plain.loss == again.loss)
      for (a, b) in zip(plain.1, again.1) {
        #expect(!a.isEmpty && EngineTests.difference(b, a.map(Double.init)) < 1e-6)
      }
    }

    @Test func aSegmentMayHandBackItsInputOrFail() throws {
      let torch = try EngineTests.torch()
      let x = try torch.normal([4])
      try x.requireGradient()
      let same = try torch.recomputed([x]) { $0[0] }
      #expect(try same.floats() == x.floats())
      try (same * 3).sum().backward()
      #expect(try x.gradient()?.floats() == [3, 3, 3, 3])
      let error = #expect(throws: TorchError.self) {
        try torch.recomputed([x]) { try $0[0] + torch.full(0, [3]) }
      }
      #expect("\(error as Any)".contains("[4]"), "\(error as Any)")
    }

    @Test func aGeneratorGoesOnFromWhereItStood() throws {
      let torch = try EngineTests.torch()
      let ones = try torch.full(1, [1_000])
      try torch.seed(11)
      _ = try ones.dropout(0.5)
      let state = try torch.generatorState()
      let first = try [ones.dropout(0.5).floats(), torch.normal([50]).floats()]
      try torch.seed(12)
      #expect(try ones.dropout(0.5).floats() != first[0])
      try torch.setGeneratorState(state)
      #expect(try [ones.dropout(0.5).floats(), torch.normal([50]).floats()] == first)
      #expect(throws: TorchError.self) { try torch.setGeneratorState([1, 2, 3]) }
    }

    @Test func nothingIsRecordedWhereThatIsNotAskedFor() throws {
      let torch = try EngineTests.torch()
      let x = try torch.full(2, [2])
      try x.requireGradient()
      let y = try torch.withoutGradients { try x * 3 }
      #expect(throws: TorchError.self) { try y.sum().backward() }
      #expect(throws: TorchError.self) { try torch.withoutGradients { try x + torch.full(0, [3]) } }
      try (x * 3).sum().backward()
      #expect(try x.gradient()?.floats() == [3, 3])
      try (x.detached() * x).sum().backward()
      #expect(try x.gradient()?.floats() == [5, 5])
    }

    @Test func productsAreRoundedWhereThatIsAskedForOnly() throws {
      let torch = try EngineTests.torch()
      let a = try torch.normal([32, 32])
      let plain = try a.matmul(a).floats()
      let mixed = try torch.mixed(.bfloat16) { try a.matmul(a).floats() }
      let off = EngineTests.difference(mixed, plain.map(Double.init))
      #expect(off > 1e-4 && off < 2e-2)
      #expect(try torch.mixed(nil) { try a.matmul(a).floats() } == plain)
      #expect(try a.matmul(a).floats() == plain)
    }
  }
}
