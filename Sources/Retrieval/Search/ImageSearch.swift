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
    /// The image's number in the index, which it keeps.
    public var image: Int
    /// Its files, of which there are several where the image was copied.
    public var files: [IndexedFile]
    /// The cosine of the image and the query.
    public var score: Float

    /// The paths of its files.
    public var paths: [String] { files.map(\.path) }
  }

  private let search: ExactSearch
  private let refiner: QueryRefiner
  private let embedder: CLIPEmbedder
  /// The files of each row.
  private let files: [Int: [IndexedFile]]

  /// Maps the index's embeddings, and reads what files they belong to.
  ///
  /// - Parameter embedder: the index's model.
  /// - Throws: ``RetrievalError``.
  public init(_ index: ImageIndex, with embedder: CLIPEmbedder, threads: Int? = nil) throws {
    try index.check(embedder, named: embedder.checkpoint.name)
    var files: [Int: [IndexedFile]] = [:]
    for file in try index.database.files() {
      if let row = file.row { files[row, default: []].append(IndexedFile(file)) }
    }
    // After the files: another process may be adding some, and each is to have its row.
    let rows = try index.vectors.rows(index.database.rowCount())
    self.files = files
    search = ExactSearch(rows, remainders: try index.vectors.remainders(rows.count), threads: threads)
    refiner = QueryRefiner(search, branches: try BranchIndex(contentsOf: index.folder))
    self.embedder = embedder
  }

  /// The images of the index.
  public var count: Int { files.count }

  /// Whether the index has trees, which ``FeedbackMethod/branches`` needs.
  public var hasBranches: Bool { refiner.branches != nil }

  /// The files of an image; empty where the index has none of this number.
  public func files(of image: Int) -> [IndexedFile] { files[image] ?? [] }

  /// The embedding of an image, of unit length; nil where the index has none of this number.
  public func embedding(of image: Int) -> [Float]? {
    files[image] == nil ? nil : search.unitRow(image)
  }

  /// The unit embeddings of a query's terms, weighted and added up.
  ///
  /// - Throws: ``RetrievalError/badQuery(term:expected:)``, `ImageError`, `ModelError`.
  public func embedding(of query: SearchQuery) throws -> [Float] {
    let terms = try query.terms.map { term in
      let items =
        switch term.content {
        case .text(let text): try embedder.embedTexts([text]).embeddings
        case .image(let url): try embedder.embedImages(at: [url]).embeddings
        }
      return (embedding: Array(items[0]), weight: term.weight)
    }
    return try SearchQuery.sum(of: terms)
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
    Self.hits(
      try hits(nearestTo: [.embedding(embedding(of: query))], most: most, filter: filter)[0], atLeast: share)
  }

  /// Those of some hits, the best first, whose score is at least a share of the best one.
  ///
  /// - Parameter share: from 0, for all, to 1.
  package static func hits(_ hits: [Hit], atLeast share: Double) -> [Hit] {
    let best = Double(hits.first?.score ?? 0)
    // A share of a score below 0 is above it, and the best image is always a hit.
    let bar = min(best, best * share)
    return hits.filter { share <= 0 || Double($0.score) >= bar }
  }

  /// The images nearest to each of some queries, the best first. All are compared in one pass over the index.
  ///
  /// - Throws: ``RetrievalError/otherDimension(rows:query:)``, ``RetrievalError/queryNotFinite(query:)``.
  public func hits(
    nearestTo queries: [RefinedQuery], most: Int, filter: SearchFilter = SearchFilter()
  ) throws -> [[Hit]] {
    let files = files
    let found = try search.nearest(most, to: queries) { row in
      files[row]?.contains(where: filter.takes) == true
    }
    return found.map { hits in
      hits.map { hit in
        Hit(image: hit.row, files: (files[hit.row] ?? []).filter(filter.takes), score: hit.score)
      }
    }
  }

  /// A query made better by images that were marked; numbers that the index does not have are passed over.
  ///
  /// - Throws: `ComputeError` where memory runs out.
  public func refine(
    _ query: [Float], good: [Int], bad: [Int], by method: FeedbackMethod
  ) throws -> RefinedQuery {
    try refiner.refine(
      query, good: good.filter { files[$0] != nil }, bad: bad.filter { files[$0] != nil }, by: method)
  }

  /// Computes what the first refinement would compute otherwise, which takes a fraction of a second. Searches go on meanwhile.
  ///
  /// - Parameter threads: the number of CPU threads; nil for one for each core.
  /// - Throws: `ComputeError` where memory runs out.
  public func prepareRefinement(threads: Int? = nil) throws { try refiner.prepare(threads: threads) }
}
