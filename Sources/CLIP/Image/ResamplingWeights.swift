/// The fixed-point weights with which one pass of resampling makes some of the outputs.
///
/// Pillow's arithmetic (`Resample.c`): weights in double precision, normalised to a sum of one, then rounded to 22
/// fractional bits, halves away from zero.
struct ResamplingWeights {
  /// Fractional bits of a weight.
  static let fractionBits = 22

  /// First input and number of inputs of each output, alternating.
  var bounds: [Int32]
  /// `stride` weights for each output; those past its number of inputs are zero.
  var weights: [Int32]
  /// Weights kept for each output.
  var stride: Int

  /// The weights for `outputs`, a range of the `outputLength` samples made of `inputLength`.
  ///
  /// Lengths are at least 1 and below 2³¹, and the range lies in `0..<outputLength`.
  init(_ filter: Resampling, inputLength: Int, outputLength: Int, outputs: Range<Int>) {
    let exact = ExactWeights(filter, inputLength: inputLength, outputLength: outputLength)
    stride = exact.stride
    bounds = []
    bounds.reserveCapacity(outputs.count * 2)
    weights = [Int32](repeating: 0, count: outputs.count * stride)
    var row = [Double](repeating: 0, count: stride)
    for (index, output) in outputs.enumerated() {
      let inputs = exact.inputs(of: output, weights: &row)
      for k in 0..<inputs.count {
        let weight = row[k] * Double(1 << Self.fractionBits)
        weights[index * stride + k] = Int32(weight < 0 ? weight - 0.5 : weight + 0.5)
      }
      bounds.append(Int32(inputs.lowerBound))
      bounds.append(Int32(inputs.count))
    }
  }

  /// The inputs that any of the outputs needs.
  var inputs: Range<Int> {
    guard bounds.count >= 2 else { return 0..<0 }
    let first = Int(bounds[0])
    return first..<max(first, Int(bounds[bounds.count - 2]) + Int(bounds[bounds.count - 1]))
  }

  /// The same weights for inputs that begin at `offset`.
  func shifted(by offset: Int) -> ResamplingWeights {
    var copy = self
    for i in Swift.stride(from: 0, to: bounds.count, by: 2) { copy.bounds[i] -= Int32(offset) }
    return copy
  }
}

/// The weights of one pass in double precision, which Pillow uses as they are for samples of 16 bits.
struct ExactWeights {
  /// The most inputs that an output has.
  let stride: Int
  private let filter: Resampling
  private let inputLength: Int
  private let scale: Double
  private let support: Double
  private let inverseScale: Double

  /// The weights that make `outputLength` samples of `inputLength`.
  init(_ filter: Resampling, inputLength: Int, outputLength: Int) {
    self.filter = filter
    self.inputLength = inputLength
    scale = Double(inputLength) / Double(outputLength)
    let filterScale = max(scale, 1)
    support = filter.support * filterScale
    inverseScale = 1 / filterScale
    stride = min(Int(support.rounded(.up)) * 2 + 1, inputLength)
  }

  /// The inputs of an output; their weights, which sum to 1, are written to the start of `row`, of `stride` numbers.
  func inputs(of output: Int, weights row: inout [Double]) -> Range<Int> {
    let center = (Double(output) + 0.5) * scale
    let first = max(Int(center - support + 0.5), 0)
    let count = max(min(Int(center + support + 0.5), inputLength) - first, 0)
    var sum = 0.0
    for k in 0..<count {
      row[k] = filter.value(at: (Double(k + first) - center + 0.5) * inverseScale)
      sum += row[k]
    }
    if sum != 0 { for k in 0..<count { row[k] /= sum } }
    return first..<(first + count)
  }
}
