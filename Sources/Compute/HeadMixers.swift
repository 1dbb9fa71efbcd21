import CKernels

/// Two matrices that mix the attention maps of all heads, after MiniViT's weight multiplexing.
///
/// `A = softmax(scores · (Q·Kᵀ/√d))`, `A′ = probabilities · A`, `output = A′·V`; the products run over the heads.
public struct HeadMixers: Sendable {
  private let scores: Vector
  private let probabilities: Vector

  /// Takes two matrices (heads, heads): of the scores before the softmax, and of the probabilities after it.
  public init(scores: Matrix, probabilities: Matrix) throws {
    self.scores = try Vector(scores)
    self.probabilities = try Vector(probabilities)
  }

  func kernelArgument(heads: Int) -> plumb_head_mixers {
    plumb_head_mixers(heads: heads, scores: scores.numbers, probabilities: probabilities.numbers)
  }
}

extension Attention {
  /// The floats of scratch memory that a member needs for sequences of at most `length` whose heads are mixed.
  public func mixedScratchCount(length: Int) -> Int {
    plumb_mixed_attention_scratch(length, headWidth, heads)
  }

  /// Attention of all heads of one sequence, or of some of its queries, with mixed maps; `scratch` is aligned to 64
  /// bytes.
  public func apply(_ sequence: Sequence, mixers: HeadMixers, scratch: UnsafeMutablePointer<Float>) {
    var arguments = arguments(sequence, scratch: scratch)
    var matrices = mixers.kernelArgument(heads: heads)
    Kernels.best.table.pointee.mixed_attention(&arguments, &matrices)
  }
}
