import Retrieval

/// A search that is asked for, with all that it needs but the embeddings of its texts.
struct SearchTask: Sendable {
  /// What a term of the query is.
  enum Content: Sendable, Equatable {
    case text(String)
    /// An indexed image.
    case image(Int)
    /// An image that was uploaded.
    case embedding([Float])
  }

  var terms: [(content: Content, weight: Double)]
  var filter = SearchFilter()
  /// Images that were marked, by number.
  var good: [Int] = []
  var bad: [Int] = []
  var method = FeedbackMethod.text
  /// The most hits.
  var most: Int

  /// The texts that must be embedded for it.
  var texts: [String] {
    terms.compactMap { if case .text(let text) = $0.content { text } else { nil } }
  }
}

/// What a search has found.
struct SearchOutcome: Sendable {
  var hits: [ImageSearch.Hit]
  /// The images that were compared.
  var images: Int
  /// From when it was asked for until it was done.
  var seconds: Double
}
