import CKernels

/// A linear layer: `y = x · Wᵀ + b`, with W of shape (outputs, inputs).
///
/// Several matrices with the same inputs can stand side by side in one layer, as queries, keys and values do.
package final class Linear: Sendable {
  /// The numbers that go in.
  package let inputs: Int
  /// The numbers that come out.
  package let outputs: Int

  let parts: [LinearPart]
  private let bias: Vector?

  /// Builds a layer.
  ///
  /// - Parameters:
  ///   - matrices: The weights, each (some outputs, inputs); their outputs follow each other.
  ///   - biases: A bias for each matrix, or none at all.
  ///   - packing: Whether f32 weights are copied into the order that is fastest to multiply.
  package convenience init(
    matrices: [Matrix], biases: [Vector] = [], precision: Precision, packing: Packing = .always
  ) throws {
    let inputs = matrices.first?.columns ?? 0
    try self.init(
      matrices: matrices, biases: biases, precision: precision,
      backend: .best(precision, packing, inputs: inputs))
  }

  /// Builds a layer for a backend that need not be the fastest one.
  package init(
    matrices: [Matrix], biases: [Vector], precision: Precision, backend: ProductBackend
  ) throws {
    inputs = matrices.first?.columns ?? 0
    var parts: [LinearPart] = []
    var offset = 0
    for matrix in matrices {
      parts.append(
        try LinearPart(matrix: matrix, firstOutput: offset, precision: precision, backend: backend))
      offset += matrix.rows
    }
    outputs = offset
    self.parts = parts
    bias = biases.isEmpty ? nil : try Vector(joining: biases)
  }

  /// What a layer of this shape would run on: the instruction set of our own product, or oneDNN's name for its
  /// implementation, "gemm:jit". One that begins with "ref" is hundreds of times too slow.
  ///
  /// - Parameter stride: Numbers between the rows of the destination.
  package static func implementation(
    inputs: Int, outputs: Int, rows: Int, stride: Int, epilogue: Epilogue, precision: Precision,
    packing: Packing
  ) throws -> String {
    let backend = ProductBackend.best(precision, packing, inputs: inputs)
    guard backend == .oneDNN else { return Hardware.instructionSet }
    let isBytes = precision == .int8
    return try ProductPlan(
      PlanKey(
        rows: rows, inputs: inputs, outputs: outputs, sourceStride: inputs,
        destinationStride: isBytes ? outputs : stride, numbers: isBytes ? .bytes : .floats,
        hasBias: !isBytes, epilogue: isBytes ? .store : epilogue)
    ).implementation
  }

  /// Computes rows of outputs.
  ///
  /// - Parameters:
  ///   - source: The inputs, sealed.
  ///   - firstRow: The first row of the source that is read.
  ///   - rows: How many rows.
  ///   - columns: The outputs that are wanted; nil for all. They must begin and end at a matrix.
  ///   - destination: Where the first wanted output of the first row goes.
  ///   - stride: Numbers between the rows of the destination.
  package func apply(
    _ source: Operand, firstRow: Int = 0, rows: Int, columns: Range<Int>? = nil,
    to destination: UnsafeMutablePointer<Float>, stride: Int, epilogue: Epilogue = .store, context: Context
  ) throws {
    let wanted = columns ?? 0..<outputs
    let chosen = parts.filter { wanted.contains($0.firstOutput) }
    guard rows > 0 else { return }
    let failures = FirstError()
    context.pool.run { member in
      do {
        for (part, outputs) in LinearPart.shares(of: chosen, members: context.pool.count, member: member) {
          let first = part.firstOutput + outputs.lowerBound
          try part.weights.multiply(
            ProductCall(
              source: source, firstRow: firstRow, rows: rows, outputs: outputs,
              bias: bias.map { $0.numbers + first },
              destination: destination + (first - wanted.lowerBound), stride: stride, epilogue: epilogue),
            lane: context.lanes[member])
        }
      } catch { failures.note(error) }
    }
    try failures.check()
  }

  /// Computes rows of all outputs on the calling thread, which is a member of the context's pool.
  package func apply(
    _ source: Operand, firstRow: Int = 0, rows: Int, to destination: UnsafeMutablePointer<Float>, stride: Int,
    epilogue: Epilogue = .store, context: Context, member: Int
  ) throws {
    guard rows > 0 else { return }
    for part in parts {
      try part.weights.multiply(
        ProductCall(
          source: source, firstRow: firstRow, rows: rows, outputs: 0..<part.outputs,
          bias: bias.map { $0.numbers + part.firstOutput }, destination: destination + part.firstOutput,
          stride: stride, epilogue: epilogue), lane: context.lanes[member])
    }
  }

  /// Computes rows of all outputs with ReLU6 on the calling thread, which is a member of the context's pool; the rows
  /// follow each other in a map.
  package func apply(
    _ source: Operand, firstRow: Int = 0, rows: Int, to map: ReLU6Map, context: Context, member: Int
  ) throws {
    guard rows > 0 else { return }
    for part in parts {
      try part.weights.multiply(
        call(part, outputs: 0..<part.outputs, source, firstRow: firstRow, rows: rows, to: map),
        lane: context.lanes[member])
    }
  }

  /// Computes rows of all outputs with ReLU6 on all threads.
  package func apply(_ source: Operand, rows: Int, to map: ReLU6Map, context: Context) throws {
    let failures = FirstError()
    context.pool.run { member in
      do {
        for (part, outputs) in LinearPart.shares(of: parts, members: context.pool.count, member: member) {
          try part.weights.multiply(
            call(part, outputs: outputs, source, firstRow: 0, rows: rows, to: map),
            lane: context.lanes[member])
        }
      } catch { failures.note(error) }
    }
    try failures.check()
  }

  private func call(
    _ part: LinearPart, outputs some: Range<Int>, _ source: Operand, firstRow: Int, rows: Int,
    to map: ReLU6Map
  ) -> ProductCall {
    let first = part.firstOutput + some.lowerBound
    return ProductCall(
      source: source, firstRow: firstRow, rows: rows, outputs: some, bias: bias.map { $0.numbers + first },
      destination: map.isOfBytes ? source.floats : map.floats + first, stride: outputs, epilogue: .relu6,
      bytes: map.bytes.map { $0 + first })
  }
}
