/// What decoded statistics are held against, since sums of them must not overflow.
enum StatisticsCounts {
  /// Whether so much can have been counted in one caption.
  static func isPossible(_ count: Int) -> Bool { (0...1 << 40).contains(count) }

  /// The error of counts that no caption can have.
  static func impossible(_ decoder: any Decoder) -> DecodingError {
    .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "counts that no captions have"))
  }
}
