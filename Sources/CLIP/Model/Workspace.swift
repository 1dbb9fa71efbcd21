import Compute

/// Sequences of rows that lie one behind the other, and one chosen row in each: the class token, or the end of a
/// text.
struct SequenceBatch {
  /// The rows of each sequence.
  private(set) var sequences: [Range<Int>] = []
  /// The chosen row of each sequence.
  private(set) var chosen: [Int] = []

  /// All rows.
  var rowCount: Int { sequences.last?.upperBound ?? 0 }

  /// Adds a sequence behind the others.
  mutating func append(length: Int, chosen position: Int) {
    let first = rowCount
    sequences.append(first..<(first + length))
    chosen.append(first + position)
  }
}

/// The memory of one forward pass through a tower.
final class Workspace: @unchecked Sendable {
  // Unchecked: one thread or one pool uses a workspace at a time.

  /// The width of the residual stream.
  let width: Int
  /// The most rows.
  let capacity: Int
  private let step: Int
  /// (rows, width)
  let residual: UnsafeMutablePointer<Float>
  /// (rows, width), normalised.
  let normed: Operand
  /// (rows, 3 · width)
  let queryKeyValue: UnsafeMutablePointer<Float>
  /// (rows, width), out of attention.
  let attended: Operand
  /// (rows, MLP width)
  let hidden: Operand
  private let scratch: [AlignedBuffer]
  private let buffers: [AlignedBuffer]

  /// Memory for `rows` rows in sequences of at most `length`, for `members` threads.
  ///
  /// - Parameter step: What numbers of rows are rounded up to; 1 where there are few different ones anyway.
  init(
    rows: Int, length: Int, step: Int, shape: TransformerConfiguration, precision: Precision, members: Int
  ) throws {
    width = shape.width
    self.step = step
    capacity = rows.roundedUp(toMultipleOf: step)
    let first = try AlignedBuffer(byteCount: capacity * width * 4)
    let second = try AlignedBuffer(byteCount: capacity * 3 * width * 4)
    buffers = [first, second]
    for buffer in buffers {
      buffer.start.initializeMemory(as: UInt8.self, repeating: 0, count: buffer.byteCount)
    }
    residual = first.bound(to: Float.self)
    queryKeyValue = second.bound(to: Float.self)
    normed = try Operand(rows: capacity, columns: width, precision: precision)
    attended = try Operand(rows: capacity, columns: width, precision: precision)
    hidden = try Operand(rows: capacity, columns: shape.mlpWidth, precision: precision)
    let attention = Attention(heads: shape.heads, headWidth: width / shape.heads, isCausal: false)
    let count =
      shape.talkingHeads
      ? attention.talkingHeadsScratchCount(length: length) : attention.scratchCount(length: length)
    scratch = try (0..<members).map { _ in
      try AlignedBuffer(byteCount: 4 * count)
    }
  }

  /// Scratch memory of a pool's member, for attention.
  func attentionScratch(_ member: Int) -> UnsafeMutablePointer<Float> {
    scratch[min(member, scratch.count - 1)].bound(to: Float.self)
  }

  /// A number of rows rounded up, so that batches of any size share a few compiled products. The rows behind the
  /// real ones hold numbers of earlier batches; nobody reads what comes of them.
  func rounded(_ rows: Int) -> Int { min(capacity, rows.roundedUp(toMultipleOf: step)) }

  /// Moves the given rows of the residual and the normalised stream to the front; `rows` ascends.
  func keepRows(_ rows: [Int]) {
    for (index, row) in rows.enumerated() where row != index {
      (residual + index * width).update(from: residual + row * width, count: width)
      (normed.floats + index * width).update(from: normed.floats + row * width, count: width)
    }
  }
}
