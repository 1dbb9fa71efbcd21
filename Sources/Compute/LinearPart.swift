/// Weights in the form that a precision and a processor want, and the product with them.
protocol ProductWeights: Sendable {
  /// Whether the weights are read where the checkpoint has them.
  var isInPlace: Bool { get }

  /// Computes some outputs for some rows, on the calling thread; the first is a multiple of 16.
  func multiply(_ call: ProductCall, lane: Lane) throws
}

extension ProductWeights {
  var isInPlace: Bool { false }
}

/// What is to be computed: some rows of a source by some outputs of a part.
struct ProductCall {
  var source: Operand
  var firstRow: Int
  var rows: Int
  /// Outputs of the part.
  var outputs: Range<Int>
  /// The bias of the first of them.
  var bias: UnsafePointer<Float>?
  /// Where the first output of the first row goes.
  var destination: UnsafeMutablePointer<Float>
  var stride: Int
  var epilogue: Epilogue
  /// Where the outputs go instead, behind ReLU6: a map of bytes, which only the products beside a depthwise convolution of
  /// bytes write.
  var bytes: UnsafeMutablePointer<UInt8>?
}

/// Some outputs of a linear layer.
struct LinearPart: Sendable {
  /// The place of the first output in the layer.
  let firstOutput: Int
  /// How many.
  let outputs: Int
  let weights: any ProductWeights

  /// Brings a matrix into the form that a precision and a backend want.
  init(matrix: Matrix, firstOutput: Int, precision: Precision, backend: ProductBackend) throws {
    self.firstOutput = firstOutput
    outputs = matrix.rows
    let rows = 0..<matrix.rows
    switch (precision, backend) {
    case (.float32, .own): weights = try FloatPanels(matrix, rows)
    case (.float32, .oneDNN): weights = try OneDNNWeights(matrix, rows)
    case (.bfloat16, .own) where Hardware.multipliesBFloat16: weights = try HalfPanels(matrix, rows)
    case (.bfloat16, _): weights = try WidenedWeights(matrix, rows, isInPanels: backend == .own)
    case (.int8, .own): weights = try BytePanels(matrix, rows)
    case (.int8, .oneDNN): weights = try OneDNNBytes(matrix, rows)
    }
    if !weights.isInPlace { matrix.releaseRows(rows) }
  }

  /// What a member of a pool computes: parts, and the outputs of each.
  static func shares(of parts: [LinearPart], members: Int, member: Int) -> [(LinearPart, Range<Int>)] {
    guard members > 1 else { return parts.map { ($0, 0..<$0.outputs) } }
    let total = parts.reduce(0) { $0 + $1.outputs }
    let begin = total * member / members
    let end = total * (member + 1) / members
    var result: [(LinearPart, Range<Int>)] = []
    var offset = 0
    for part in parts {
      let low = part.cut(at: begin - offset)
      let high = part.cut(at: end - offset)
      if low < high { result.append((part, low..<high)) }
      offset += part.outputs
    }
    return result
  }

  /// The place at or before `output` where the part can be cut: at multiples of 16, which keep vectors and panels full.
  private func cut(at output: Int) -> Int {
    output >= outputs ? outputs : max(0, output) / 16 * 16
  }
}
