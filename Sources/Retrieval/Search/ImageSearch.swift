public import CLIP
import Foundation

/// Searches an index as it is when the search is made.
///
/// ```swift
/// let search = try ImageSearch(index, with: clip)
/// let hits = try search.hits(for: SearchQuery(words: ["a dog on the beach", "-", "people"]), most: 10)
/// print(hits.map(\.paths))
/// ```
public final class ImageSearch: Sendable {
  /// An image that was found.
  public struct Hit: Sendable, Equatable {
    /// Its files: copies are one hit.
    public var paths: [String]
    /// The cosine of the image and the query.
    public var score: Float
  }

  private let search: ExactSearch
  private let embedder: CLIPEmbedder
  /// The files of each row.
  private let files: [Int: [IndexDatabase.File]]

  /// Maps the index's embeddings, and reads what files they belong to.
  ///
  /// - Parameter embedder: the index's model.
  /// - Throws: ``RetrievalError``.
  public init(_ index: ImageIndex, with embedder: CLIPEmbedder, threads: Int? = nil) throws {
    try index.check(embedder, named: embedder.checkpoint.name)
    let rows = try index.vectors.rows(index.database.rowCount())
    files = Dictionary(grouping: try index.database.files().filter { $0.row != nil }) { $0.row ?? 0 }
    search = ExactSearch(rows, threads: threads)
    self.embedder = embedder
  }

  /// The images of the index.
  public var count: Int { files.count }

  /// The unit embeddings of a query's terms, weighted and added up.
  ///
  /// - Throws: ``RetrievalError/badQuery(term:expected:)``, `ImageError`, `ModelError`.
  public func embedding(of query: SearchQuery) throws -> Embeddings {
    var sum = [Float](repeating: 0, count: embedder.dimension)
    for term in query.terms {
      let embedded =
        switch term.content {
        case .text(let text): try embedder.embedTexts([text]).embeddings
        case .image(let url): try embedder.embedImages(at: [url]).embeddings
        }
      for (place, number) in embedded[0].enumerated() { sum[place] += Float(term.weight) * number }
    }
    guard sum.contains(where: { $0 != 0 }) else {
      throw RetrievalError.badQuery(term: "-", expected: "terms that do not cancel each other")
    }
    return try Embeddings(values: sum, dimension: sum.count)
  }

  /// The images nearest to a query, the best first.
  ///
  /// - Parameters:
  ///   - most: the most images.
  ///   - share: the least score, as a share of the best one; 0 for all.
  /// - Throws: as ``embedding(of:)`` does.
  public func hits(
    for query: SearchQuery, most: Int, atLeast share: Double = 0, filter: SearchFilter = SearchFilter()
  ) throws -> [Hit] {
    let files = files
    let hits = try search.nearest(most, to: embedding(of: query)) { row in
      files[row]?.contains(where: filter.takes) == true
    }
    let bar = Double(hits.first?.first?.score ?? 0) * share
    return (hits.first ?? []).filter { share <= 0 || Double($0.score) >= bar }.map { hit in
      Hit(paths: (files[hit.row] ?? []).filter(filter.takes).map(\.path), score: hit.score)
    }
  }
}
