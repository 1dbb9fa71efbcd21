import Compute
import TestSupport
import Testing

@Suite struct LinearTests {
  private func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  private func matrix(_ values: [Float], rows: Int) throws -> Matrix {
    let buffer = try AlignedBuffer(byteCount: values.count * 4)
    buffer.bound(to: Float.self).update(from: values, count: values.count)
    return Matrix(
      rows: rows, columns: values.count / rows, storage: .float32, start: buffer.start, owner: buffer)
  }

  @Test(arguments: Precision.allCases, [1, 2, 3])
  func aLayerIsTheProductInEveryPrecisionAndOnEveryBackend(_ precision: Precision, _ threads: Int) throws {
    for (rows, inputs, outputs) in [
      (1, 8, 16), (5, 32, 24), (50, 96, 288), (130, 64, 32), (13, 600, 40), (9, 7, 5), (3, 16, 300),
    ] {
      for backend in ProductBackend.allCases where backend.multiplies(precision, inputs: inputs) {
        let x = numbers(rows * inputs, seed: 1)
        let first = numbers(outputs * inputs, seed: 2)
        let second = numbers(outputs * inputs, seed: 3)
        let bias = numbers(outputs, seed: 4)
        let layer = try Linear(
          matrices: [matrix(first, rows: outputs), matrix(second, rows: outputs)],
          biases: [Vector(matrix(bias, rows: 1)), Vector(matrix(bias, rows: 1))], precision: precision,
          backend: backend)
        let context = try Context(threads: threads)
        let operand = try Operand(rows: rows, columns: inputs, precision: precision, backend: backend)
        operand.floats.update(from: x, count: x.count)
        operand.seal(rows: rows, context: context)
        // The error of an 8-bit operand is a part of its row's range, for every product.
        let tolerance: Float = [.float32: 1e-5, .bfloat16: 0.02, .int8: 0.02][precision, default: 0]
        var y = [Float](repeating: 1, count: rows * 2 * outputs)
        try y.withUnsafeMutableBufferPointer { buffer in
          guard let start = buffer.baseAddress else { return }
          try layer.apply(
            operand, rows: rows, to: start, stride: 2 * outputs, epilogue: .add, context: context)
        }
        for row in 0..<rows {
          for column in 0..<(2 * outputs) {
            let weights = column < outputs ? first : second
            let line = column % outputs
            let expected =
              1 + bias[line]
              + (0..<inputs).reduce(Float(0)) { $0 + x[row * inputs + $1] * weights[line * inputs + $1] }
            let limit = tolerance * Float(inputs).squareRoot() + 1e-5
            #expect(abs(y[row * 2 * outputs + column] - expected) < limit, "\(rows)×\(inputs)×\(outputs)")
          }
        }
      }
    }
  }

  @Test(arguments: Precision.allCases, [Packing.always, .whereNeeded])
  func noLayerRunsOnAReferenceImplementation(_ precision: Precision, _ packing: Packing) throws {
    for (inputs, outputs) in [(768, 768), (768, 3072), (3072, 768), (600, 40), (7, 5), (32, 96)] {
      for rows in [1, 50, 400] {
        for (stride, epilogue) in [
          (outputs, Epilogue.store), (3 * outputs, .store), (outputs, .add), (outputs, .gelu),
        ] {
          let name = try Linear.implementation(
            inputs: inputs, outputs: outputs, rows: rows, stride: stride, epilogue: epilogue,
            precision: precision,
            packing: packing)
          #expect(!name.hasPrefix("ref"), "\(rows)×\(inputs)×\(outputs), \(epilogue): \(name)")
        }
      }
    }
  }

  @Test(arguments: Precision.allCases)
  func oneMatrixOfSeveralCanBeAskedFor(_ precision: Precision) throws {
    let (rows, inputs, outputs) = (7, 16, 32)
    let parts = try (0..<3).map { try matrix(numbers(outputs * inputs, seed: UInt64($0)), rows: outputs) }
    let layer = try Linear(matrices: parts, precision: precision)
    for threads in [1, 2] {
      let context = try Context(threads: threads)
      let operand = try Operand(rows: rows, columns: inputs, precision: precision)
      operand.floats.update(from: numbers(rows * inputs, seed: 9), count: rows * inputs)
      operand.seal(rows: rows, context: context)
      var all = [Float](repeating: 0, count: rows * 3 * outputs)
      var some = [Float](repeating: 0, count: rows * 2 * outputs)
      try all.withUnsafeMutableBufferPointer {
        guard let start = $0.baseAddress else { return }
        try layer.apply(operand, rows: rows, to: start, stride: 3 * outputs, context: context)
      }
      try some.withUnsafeMutableBufferPointer {
        guard let start = $0.baseAddress else { return }
        try layer.apply(
          operand, rows: rows, columns: outputs..<(3 * outputs), to: start, stride: 2 * outputs,
          context: context)
      }
      for row in 0..<rows {
        for column in 0..<(2 * outputs) {
          let difference = some[row * 2 * outputs + column] - all[row * 3 * outputs + outputs + column]
          #expect(abs(difference) < 1e-5)
        }
      }
    }
  }
}

@Suite struct TeamTests {
  @Test(arguments: [1, 2, 5])
  func everyMemberDoesEveryStepOnce(_ count: Int) {
    let pool = ThreadPool(count: count)
    var done = [Int](repeating: 0, count: pool.count)
    done.withUnsafeMutableBufferPointer { slots in
      // Each member writes its own slot.
      nonisolated(unsafe) let slots = slots
      for _ in 0..<5_000 { pool.run { slots[$0] += 1 } }
    }
    #expect(done == [Int](repeating: 5_000, count: count))
  }

  @Test func sharesCoverEverythingOnce() {
    let pool = ThreadPool(count: 3)
    for count in [0, 1, 2, 3, 10, 100] {
      let shares = (0..<3).map { pool.share(of: count, member: $0) }
      #expect(shares.flatMap { $0 } == Array(0..<count))
    }
  }
}
