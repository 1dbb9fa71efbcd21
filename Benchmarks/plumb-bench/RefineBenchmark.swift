import CLIP
import Foundation
import Retrieval

/// Times a refinement of a query by marks and the search that follows it, for each method.
///
///     plumb-bench refine --input rows.npy --marks 100 --hits 60 --rounds 5 --threads 2 [--method knn]
///
/// The query and the marks, half of them good, are rows.
func refineBenchmark(_ options: Options) throws {
  let rows = try Embeddings(contentsOf: URL(fileURLWithPath: options["input"]))
  let marks = Int(options["marks", default: "100"]) ?? 100
  let hits = Int(options["hits", default: "60"]) ?? 60
  let search = ExactSearch(rows, threads: Int(options["threads", default: "2"]))
  let refiner = QueryRefiner(search)
  let places = (1...max(1, marks)).map { $0 * 7919 % max(1, rows.count) }
  let good = Array(places.prefix(marks / 2))
  let bad = Array(places.dropFirst(marks / 2))
  let only = FeedbackMethod(rawValue: options["method"]).map { [$0] }
  for method in only ?? FeedbackMethod.withoutTrees {
    var best = Double.infinity
    // The first one computes what the adaptive method knows of all rows.
    for _ in 0...(Int(options["rounds", default: "5"]) ?? 5) {
      let start = Date()
      let query = try refiner.refine(Array(rows[0]), good: good, bad: bad, by: method)
      _ = try search.nearest(hits, to: [query])
      best = min(best, -start.timeIntervalSinceNow)
    }
    print("{\"method\": \"\(method.rawValue)\", \"best_ms\": \((best * 1e5).rounded() / 100)}")
  }
}
