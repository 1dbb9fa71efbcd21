import Synchronization

/// Makes better queries of the rows of a search that were marked.
///
/// ```swift
/// let refiner = QueryRefiner(search)
/// let better = try refiner.refine(text, good: [3, 14], bad: [15], by: .adaptive)
/// let hits = try search.nearest(10, to: [better])
/// ```
public final class QueryRefiner: Sendable {
  /// What is searched.
  public let search: ExactSearch
  /// The trees of ``FeedbackMethod/branches``.
  public let branches: BranchIndex?
  private let knownStatistics = Mutex<CatalogueStatistics?>(nil)

  /// Takes a search, and trees of its rows where there are some.
  public init(_ search: ExactSearch, branches: BranchIndex? = nil) {
    self.search = search
    self.branches = branches
  }

  /// A query made better by rows that were marked as good or bad, those that were marked last at the end.
  ///
  /// - Throws: `ComputeError` where memory runs out.
  public func refine(
    _ query: [Float], good: [Int], bad: [Int], by method: FeedbackMethod
  ) throws -> RefinedQuery {
    let feedback = Feedback(query: query, good: good.map(search.unitRow), bad: bad.map(search.unitRow))
    let refined = feedback.refinedQuery(by: method, method.needsStatistics ? try statistics() : nil)
    guard method == .branches, case .embedding(let embedding) = refined,
      let rows = try branches?.rows(
        like: good.suffix(Feedback.mostMarks), unlike: bad.suffix(Feedback.mostMarks), in: search.rows)
    else { return refined }
    return .among(rows: rows, embedding: embedding)
  }

  /// Computes now how the embeddings lie, which the first refinement would compute otherwise; one that comes meanwhile waits for it.
  ///
  /// - Parameter threads: the number of CPU threads; nil for one for each core.
  /// - Throws: `ComputeError` where memory runs out.
  public func prepare(threads: Int? = nil) throws { _ = try statistics(threads: threads) }

  /// How the embeddings lie, computed when it is first needed.
  private func statistics(threads: Int? = nil) throws -> CatalogueStatistics {
    try knownStatistics.withLock { known in
      if let known { return known }
      let computed = try CatalogueStatistics(search.rows, threads: threads)
      known = computed
      return computed
    }
  }
}
