/// What images are compared with.
public enum RefinedQuery: Sendable, Equatable {
  /// An embedding: an image's score is the cosine with it.
  case embedding([Float])
  /// Marked images: an image's score is 0.3 times the cosine with the query, plus the highest cosine with a good image, minus half the
  /// highest cosine with a bad one.
  case nearest(query: [Float], good: [[Float]], bad: [[Float]])
  /// An embedding, with which only some rows are compared.
  case among(rows: [Int], embedding: [Float])

  /// The score of an image in ``nearest(query:good:bad:)``, from its cosine with the query and its highest ones with good and bad images.
  static func score(query: Float, best: Float, worst: Float) -> Float { 0.3 * query + best - 0.5 * worst }
}
