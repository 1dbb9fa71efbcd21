import CKernels

/// Multi-head attention over sequences that lie one behind the other.
package struct Attention: Sendable {
  /// The number of heads.
  package let heads: Int
  /// Numbers in a head.
  package let headWidth: Int
  /// Whether a position sees only itself and those before it.
  package let isCausal: Bool

  /// Creates attention over `heads × headWidth` numbers a position.
  package init(heads: Int, headWidth: Int, isCausal: Bool) {
    self.heads = heads
    self.headWidth = headWidth
    self.isCausal = isCausal
  }

  /// The floats of scratch memory that a member needs for sequences of at most `length`.
  package func scratchCount(length: Int) -> Int { plumb_attention_scratch(length, headWidth) }

  /// The queries of one sequence, its keys and values, and where the result goes.
  package struct Sequence {
    /// The first query, for head 0, and the numbers between two.
    package var queries: UnsafePointer<Float>
    /// Numbers between two queries.
    package var queryStride: Int
    /// How many ask.
    package var queryCount: Int
    /// The position of the first that asks.
    package var firstQuery: Int
    /// The first key and the first value, for head 0.
    package var keys: UnsafePointer<Float>
    /// The first value, for head 0.
    package var values: UnsafePointer<Float>
    /// Numbers between two keys, and between two values.
    package var keyStride: Int
    /// Positions that are asked.
    package var length: Int
    /// The first result, for head 0.
    package var output: UnsafeMutablePointer<Float>
    /// Numbers between two results.
    package var outputStride: Int

    /// Describes a sequence.
    package init(
      queries: UnsafePointer<Float>, queryStride: Int, queryCount: Int, firstQuery: Int,
      keys: UnsafePointer<Float>,
      values: UnsafePointer<Float>, keyStride: Int, length: Int, output: UnsafeMutablePointer<Float>,
      outputStride: Int
    ) {
      self.queries = queries
      self.queryStride = queryStride
      self.queryCount = queryCount
      self.firstQuery = firstQuery
      self.keys = keys
      self.values = values
      self.keyStride = keyStride
      self.length = length
      self.output = output
      self.outputStride = outputStride
    }

    /// The same keys and values, asked by some of the queries only.
    package func asked(by queries: Range<Int>) -> Sequence {
      var some = self
      some.queries += queries.lowerBound * queryStride
      some.queryCount = queries.count
      some.firstQuery += queries.lowerBound
      some.output += queries.lowerBound * outputStride
      return some
    }
  }

  /// Attention of one head of one sequence; `scratch` is aligned to 64 bytes.
  package func apply(_ sequence: Sequence, head: Int, scratch: UnsafeMutablePointer<Float>) {
    var arguments = arguments(sequence, scratch: scratch)
    Kernels.best.table.pointee.attention(&arguments, head)
  }

  func arguments(_ sequence: Sequence, scratch: UnsafeMutablePointer<Float>) -> plumb_attention {
    plumb_attention(
      query: sequence.queries, key: sequence.keys, value: sequence.values, query_stride: sequence.queryStride,
      key_stride: sequence.keyStride, output: sequence.output, output_stride: sequence.outputStride,
      queries: sequence.queryCount, keys: sequence.length, first_query: sequence.firstQuery,
      head_width: headWidth,
      causal: isCausal ? 1 : 0, scratch: scratch)
  }
}
