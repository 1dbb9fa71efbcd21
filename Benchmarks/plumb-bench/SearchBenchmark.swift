import CLIP
import Files
import Foundation
import Retrieval

/// Times exact search of single queries among mapped embeddings.
///
///     plumb-bench search --input rows.npy --queries queries.npy --hits 10 --rounds 5 --threads 2 [--remainders FILE]
///
/// With `--remainders`, rows of bytes are searched with those in the file, as in an index.
func searchBenchmark(_ options: Options) throws {
  let rows = try Embeddings(contentsOf: URL(fileURLWithPath: options["input"]))
  let queries = try Embeddings(contentsOf: URL(fileURLWithPath: options["queries"]))
  let hits = Int(options["hits", default: "10"]) ?? 10
  let threads = Int(options["threads", default: "2"])
  let file = options["remainders", default: ""]
  let remainders = try file.isEmpty ? nil : MappedFile(URL(fileURLWithPath: file))
  let search = ExactSearch(
    rows, remainders: remainders.map { RowRemainders($0.bytes, owner: $0, dimension: rows.dimension) },
    threads: threads)
  let one = try (0..<queries.count).map { try queries.selecting([$0]) }
  var found = try one.map { try search.nearest(hits, to: $0)[0] }
  var best = Double.infinity
  for _ in 0..<(Int(options["rounds", default: "5"]) ?? 5) {
    for (number, query) in one.enumerated() {
      let start = Date()
      found[number] = try search.nearest(hits, to: query)[0]
      best = min(best, -start.timeIntervalSinceNow)
    }
  }
  let numbers = found.map { "[" + $0.map { "\($0.row)" }.joined(separator: ", ") + "]" }
  print("{\"best_ms\": \(best * 1000), \"hits\": [\(numbers.joined(separator: ", "))]}")
}
