import Compute
package import Training

/// Where the words of a batch's captions lie: rows one after another, and rectangles for attention.
///
/// Both are filled up to sizes that come again from batch to batch: libtorch compiles its products in bfloat16 for each size.
package struct CaptionLayout {
  /// (rows): the words, each caption from the begin token on. The last rows may be padding.
  package let words: Tensor
  /// (rows): the place of each in its caption.
  let places: Tensor
  /// A rectangle with a line for each caption.
  let sequences: Rectangle
  /// A rectangle with a line for each image, on which its captions stand one after another.
  let images: Rectangle
  /// (1, 1, T, T): a word sees those before it and itself.
  let mask: Tensor
  /// The number of rows that are words.
  package let count: Int

  /// - Parameters:
  ///   - captions: the inputs of each caption: the begin token and its words.
  ///   - counts: how many captions each image has, one after another; at least one each.
  /// - Throws: `TorchError`, `TrainingError.unusableBatch(reason:)`.
  package init(_ captions: [[Int32]], counts: [Int], torch: Torch) throws {
    guard let longestCaption = captions.map(\.count).max(), let most = counts.max(),
      counts.reduce(0, +) == captions.count,
      captions.allSatisfy({ !$0.isEmpty })
    else { throw TrainingError.unusableBatch(reason: "a batch of captions has no words") }
    let longest = longestCaption.roundedUp(toMultipleOf: 4)
    count = captions.reduce(0) { $0 + $1.count }
    let rows = count.roundedUp(toMultipleOf: 128)
    let padding = [Int](repeating: 0, count: rows - count)
    words = try torch.indices(captions.flatMap { $0.map(Int.init) } + padding)
    places = try torch.indices(captions.flatMap { Array(0..<$0.count) } + padding)
    var starts: [Int] = []
    var next = 0
    for caption in captions {
      starts.append(next)
      next += caption.count
    }
    sequences = try Rectangle(
      captions.indices.map { index in
        (0..<longest).map { $0 < captions[index].count ? starts[index] + $0 : nil }
      }, rows: rows, torch: torch)
    var first = 0
    let lines = counts.map { own in
      defer { first += own }
      return (0..<most * longest).map { place -> Int? in
        let (caption, word) = (first + place / longest, place % longest)
        return place / longest < own && word < captions[caption].count ? starts[caption] + word : nil
      }
    }
    images = try Rectangle(lines, rows: rows, torch: torch)
    let unseen: Float = -1e9
    mask = try torch.tensor(
      (0..<longest).flatMap { from in (0..<longest).map { $0 > from ? unseen : 0 } },
      [1, 1, longest, longest])
  }

  /// What the network sees of a caption, and the word after each: one longer than the limit has no end there.
  package static func steps(of caption: [Int32], maxLength: Int) -> (inputs: [Int32], targets: [Int32]) {
    let targets = Array((caption + [CaptionVocabulary.end]).prefix(maxLength))
    return ([CaptionVocabulary.begin] + targets.dropLast(), targets)
  }

  /// Rows in a rectangle, of which some places are padding.
  struct Rectangle {
    private let lines: Int
    private let length: Int
    /// The row of each place; that of padding is 0.
    private let unpacking: Tensor
    /// The place of each row; that of padding is 0.
    private let packing: Tensor

    init(_ rectangle: [[Int?]], rows: Int, torch: Torch) throws {
      lines = rectangle.count
      length = rectangle[0].count
      var packing = [Int](repeating: 0, count: rows)
      let flat = rectangle.flatMap(\.self)
      for (place, row) in flat.enumerated() {
        if let row { packing[row] = place }
      }
      unpacking = try torch.indices(flat.map { $0 ?? 0 })
      self.packing = try torch.indices(packing)
    }

    /// (rows, parts · W) as `parts` times (lines, heads, length, W / heads).
    func heads(_ rows: Tensor, _ heads: Int, parts: Int) throws -> [Tensor] {
      let all = try rows.select(unpacking).reshaped([lines, length, parts, heads, -1])
        .permuted([2, 0, 3, 1, 4])
      return try (0..<parts).map { try all.part($0) }
    }

    /// Back again.
    func rows(_ heads: Tensor) throws -> Tensor {
      try heads.permuted([0, 2, 1, 3]).reshaped([lines * length, -1]).select(packing)
    }
  }
}

extension Tensor {
  /// One along the first dimension, without that dimension.
  func part(_ index: Int) throws -> Tensor {
    try slice(0, index..<(index + 1)).reshaped(Array(shape.dropFirst()))
  }
}
