import CKernels

/// Multi-head attention over sequences that lie one behind the other.
public struct Attention: Sendable {
  /// The number of heads.
  public let heads: Int
  /// Numbers in a head.
  public let headWidth: Int
  /// Whether a position sees only itself and those before it.
  public let isCausal: Bool

  /// Creates attention over `heads × headWidth` numbers a position.
  public init(heads: Int, headWidth: Int, isCausal: Bool) {
    self.heads = heads
    self.headWidth = headWidth
    self.isCausal = isCausal
  }

  /// The floats of scratch memory that a member needs for sequences of at most `length`.
  public func scratchCount(length: Int) -> Int { plumb_attention_scratch(length, headWidth) }

  /// The queries of one sequence, its keys and values, and where the result goes.
  public struct Sequence {
    /// The first query, for head 0, and the numbers between two.
    public var queries: UnsafePointer<Float>
    /// Numbers between two queries.
    public var queryStride: Int
    /// How many ask.
    public var queryCount: Int
    /// The position of the first that asks.
    public var firstQuery: Int
    /// The first key and the first value, for head 0.
    public var keys: UnsafePointer<Float>
    /// The first value, for head 0.
    public var values: UnsafePointer<Float>
    /// Numbers between two keys, and between two values.
    public var keyStride: Int
    /// Positions that are asked.
    public var length: Int
    /// The first result, for head 0.
    public var output: UnsafeMutablePointer<Float>
    /// Numbers between two results.
    public var outputStride: Int

    /// Describes a sequence.
    public init(
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
    public func asked(by queries: Range<Int>) -> Sequence {
      var some = self
      some.queries += queries.lowerBound * queryStride
      some.queryCount = queries.count
      some.firstQuery += queries.lowerBound
      some.output += queries.lowerBound * outputStride
      return some
    }
  }

  /// Attention of one head of one sequence; `scratch` is aligned to 64 bytes.
  public func apply(_ sequence: Sequence, head: Int, scratch: UnsafeMutablePointer<Float>) {
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
