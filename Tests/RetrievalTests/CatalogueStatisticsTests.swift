import CLIP
import Compute
import Foundation
import Retrieval
import Testing

/// The mean, the covariance and the metric of embeddings.
@Suite struct CatalogueStatisticsTests {
  /// Rows in a narrow cone whose directions vary very differently, as those of a CLIP model.
  private static func embeddings(count: Int, width: Int) throws -> Embeddings {
    var generator = SplitMix(seed: 3)
    func number() -> Float { Float(Int(truncatingIfNeeded: generator.next() >> 40)) / 0x1p23 - 1 }
    let center = (0..<width).map { _ in number() }
    var values: [Float] = []
    for _ in 0..<count {
      for place in 0..<width { values.append(center[place] + number() * Float(pow(0.985, Double(place)))) }
    }
    return try Embeddings(values: values, dimension: width)
  }

  @Test(arguments: [16, 384, 512]) func wideEmbeddingsHaveAMetric(width: Int) throws {
    let embeddings = try Self.embeddings(count: 2000, width: width)
    let statistics = try CatalogueStatistics(embeddings)
    let feedback = Feedback(
      query: Array(embeddings[0]), good: [Array(embeddings[1])], bad: [Array(embeddings[2])])
    guard case .embedding(let vector) = feedback.refinedQuery(by: .adaptive, statistics) else { return }
    #expect(vector.allSatisfy { $0.isFinite })
    // A ((1 − ρ) C / t + ρ I) A = I / t².
    let trace = (0..<width).reduce(Float(0)) { sum, place in
      var axis = [Float](repeating: 0, count: width)
      axis[place] = 1
      return sum + statistics.covariance.products(with: axis)[place]
    }
    let spread = trace / Float(width)
    for place in stride(from: 0, to: width, by: 7) {
      var axis = [Float](repeating: 0, count: width)
      axis[place] = 1
      let once = statistics.metric.products(with: axis)
      let weighted = zip(statistics.covariance.products(with: once), once).map {
        0.97 * $0 / spread + 0.03 * $1
      }
      let twice = statistics.metric.products(with: weighted).map { $0 * spread * spread }
      #expect(zip(twice, axis).allSatisfy { abs($0 - $1) < 1e-3 })
    }
  }
}
