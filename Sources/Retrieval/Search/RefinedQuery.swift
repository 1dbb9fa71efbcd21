/// What images are compared with.
public enum RefinedQuery: Sendable, Equatable {
  /// An embedding: an image's score is the cosine with it.
  case embedding([Float])
  /// Marked images: an image's score is 0.3 times the cosine with the query, plus the highest cosine with a good image, minus half the
  /// highest cosine with a bad one.
  case nearest(query: [Float], good: [[Float]], bad: [[Float]])
  /// An embedding, with which only some rows are compared.
  case among(rows: [Int], embedding: [Float])

  static let queryWeight: Float = 0.3
  static let badWeight: Float = 0.5
}
