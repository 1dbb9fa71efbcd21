import CKernels

/// Talking-heads attention: two matrices that mix the attention maps of all heads, as in MiniViT's weight multiplexing.
///
/// `A = softmax(scores · (Q·Kᵀ/√d))`, `A′ = probabilities · A`, `output = A′·V`; the products run over the heads.
package struct TalkingHeads: Sendable {
  private let scores: Vector
  private let probabilities: Vector

  /// Takes two matrices (heads, heads): of the scores before the softmax, and of the probabilities after it.
  package init(scores: Matrix, probabilities: Matrix) throws {
    self.scores = try Vector(scores)
    self.probabilities = try Vector(probabilities)
  }

  func kernelArgument(heads: Int) -> plumb_talking_heads {
    plumb_talking_heads(heads: heads, scores: scores.numbers, probabilities: probabilities.numbers)
  }
}

extension Attention {
  /// The floats of scratch memory that a thread needs for talking-heads attention over sequences of at most `length`.
  package func talkingHeadsScratchCount(length: Int) -> Int {
    plumb_talking_heads_scratch(length, headWidth, heads)
  }

  /// Attention of all heads of one sequence, or of some of its queries, with talking heads; `scratch` is aligned to 64
  /// bytes.
  package func apply(_ sequence: Sequence, mixers: TalkingHeads, scratch: UnsafeMutablePointer<Float>) {
    var arguments = arguments(sequence, scratch: scratch)
    var matrices = mixers.kernelArgument(heads: heads)
    Kernels.best.table.pointee.talking_heads_attention(&arguments, &matrices)
  }
}
