/// What a metric adds up over captions, and the values of the corpus that come from such sums.
///
/// All corpus values are functions of sums over captions: a mean of values and a number of captions, BLEU and METEOR of
/// counts. Resampling tests compute the values of many corpora of the same captions from these.
public struct CorpusSums: Sendable {
  /// How many numbers a caption adds.
  public let width: Int
  /// What each caption adds, `(captions, width)`, row by row.
  public let summands: [Double]
  /// The values of a corpus, one for each of the metric's scales, from sums of ``width`` numbers.
  public let values: @Sendable (_ sums: [Double]) -> [Double]

  /// Holds summands, `(captions, width)`.
  public init(
    width: Int, summands: [Double], values: @escaping @Sendable (_ sums: [Double]) -> [Double]
  ) {
    self.width = width
    self.summands = summands
    self.values = values
  }

  /// The means of values that each caption has.
  ///
  /// - Parameters:
  ///   - columns: for each scale, a value a caption.
  ///   - finish: what becomes of a mean; nothing by default.
  public init(meansOf columns: [[Double]], finish: @escaping @Sendable (Double) -> Double = { $0 }) {
    let count = columns.first?.count ?? 0
    let width = columns.count + 1
    var summands = [Double](repeating: 1, count: count * width)
    for (place, column) in columns.enumerated() {
      for (item, value) in column.enumerated() { summands[item * width + place] = value }
    }
    self.init(width: width, summands: summands) { sums in
      sums.dropLast().map { $0 == 0 ? finish(0) : finish($0 / (sums.last ?? 1)) }
    }
  }

  /// How many captions there are.
  public var count: Int { width > 0 ? summands.count / width : 0 }

  /// Several metrics' sums of the same captions as one, whose values follow each other.
  package init(joining parts: [CorpusSums]) {
    let width = parts.reduce(0) { $0 + $1.width }
    let count = parts.first?.count ?? 0
    var summands: [Double] = []
    summands.reserveCapacity(width * count)
    for item in 0..<count {
      for part in parts { summands += part.summands[item * part.width..<(item + 1) * part.width] }
    }
    self.init(width: width, summands: summands) { sums in
      var rest = sums[...]
      return parts.flatMap { part in
        defer { rest = rest.dropFirst(part.width) }
        return part.values(Array(rest.prefix(part.width)))
      }
    }
  }
}
