import Compute

/// Where the sequences of a batch lie in its rows, and which tokens see which.
///
/// Rows are packed: (R, W), one sequence after another, with some rows of padding at the end at most. Attention alone needs them in a
/// rectangle (B, T), for which rows are taken by index; what the padding gives is never taken back.
struct SequenceLayout {
  /// B.
  let count: Int
  /// T, the longest, or more.
  let length: Int
  /// (B·T) packed rows, one a place of the rectangle; nil where the rows are the rectangle.
  let unpacking: Tensor?
  /// (R) places of the rectangle, one a packed row; 0 for a row of padding.
  let packing: Tensor?
  /// What is added to the scores, (B or 1, 1, T, T); nil where every token sees every other.
  let mask: Tensor?
  /// (B, 1, 1, T) for the chosen rows alone.
  let chosenMask: Tensor?
  /// (B) packed rows whose output stands for their sequence.
  let chosen: Tensor
  /// How many of the R rows are padding.
  let padding: Int

  /// Far below every score, and finite: a row of padding alone stays a number.
  private static let unseen: Float = -1e9

  /// Images: `count` sequences of `length` rows, of which the first stands for the image.
  init(images count: Int, length: Int, torch: Torch) throws {
    self.count = count
    self.length = length
    unpacking = nil
    packing = nil
    mask = nil
    chosenMask = nil
    padding = 0
    chosen = try torch.indices((0..<count).map { $0 * length })
  }

  /// Texts of these lengths, of which the last row stands for the text.
  ///
  /// - Parameter isFilledUp: whether T and R are filled up to numbers that come again from batch to batch. libtorch compiles its products
  ///   in bfloat16 for each size, which takes longer than a few rows more.
  init(texts lengths: [Int], isCausal: Bool, isFilledUp: Bool, torch: Torch) throws {
    guard let most = lengths.max(), lengths.allSatisfy({ $0 > 0 }) else {
      throw TrainingError.unusableBatch(reason: "a batch has an empty text")
    }
    let longest = isFilledUp ? most.roundedUp(toMultipleOf: 4) : most
    let rows = lengths.reduce(0, +)
    padding = isFilledUp ? rows.roundedUp(toMultipleOf: 64) - rows : 0
    count = lengths.count
    length = longest
    var unpacking: [Int] = []
    var packing: [Int] = []
    var chosen: [Int] = []
    var seen: [Float] = []
    var row = 0
    for (index, own) in lengths.enumerated() {
      for place in 0..<longest {
        unpacking.append(place < own ? row + place : row)
        seen.append(place < own ? 0 : Self.unseen)
      }
      packing += (0..<own).map { index * longest + $0 }
      row += own
      chosen.append(row - 1)
    }
    self.unpacking = try torch.indices(unpacking)
    self.packing = try torch.indices(packing + [Int](repeating: 0, count: padding))
    self.chosen = try torch.indices(chosen)
    let keys = try torch.tensor(seen, [lengths.count, 1, 1, longest])
    chosenMask = keys
    if isCausal {
      // Padding comes last, so what a real token sees has none.
      var causal = [Float](repeating: 0, count: longest * longest)
      for from in 0..<longest {
        for to in (from + 1)..<max(from + 1, longest) { causal[from * longest + to] = Self.unseen }
      }
      mask = try torch.tensor(causal, [1, 1, longest, longest])
    } else {
      mask = keys
    }
  }

  /// Packed rows (R, W) as (B, H, T, W/H).
  func heads(_ rows: Tensor, _ heads: Int) throws -> Tensor {
    let rectangle = try unpacking.map { try rows.select($0) } ?? rows
    return try rectangle.reshaped([count, length, heads, -1]).permuted([0, 2, 1, 3])
  }

  /// (B, H, T, D) as packed rows (R, H·D).
  func rows(_ heads: Tensor) throws -> Tensor {
    let rectangle = try heads.permuted([0, 2, 1, 3]).reshaped([count * length, -1])
    return try packing.map { try rectangle.select($0) } ?? rectangle
  }
}
