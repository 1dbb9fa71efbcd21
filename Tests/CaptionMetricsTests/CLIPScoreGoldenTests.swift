import CLIP
import CaptionMetrics
import Foundation
import TestSupport
import Testing

/// An embedder that takes its rows from two matrices: image `i` is row `i`, text `"i"` is row `i`.
struct RowEmbedder: ImageTextEmbedder {
  var images: Embeddings
  var texts: Embeddings
  var prefix = ""
  var dimension: Int { images.dimension }
  let provenance = ModelProvenance(name: "rows")

  func embedImages(at urls: [URL], keepGoing: Bool, progress: EmbeddingProgress?) throws -> EmbeddedItems {
    try rows(urls.map(\.lastPathComponent), of: images)
  }

  func embedTexts(_ texts: [String], keepGoing: Bool, progress: EmbeddingProgress?) throws -> EmbeddedItems {
    try rows(texts.map { String($0.dropFirst(prefix.count)) }, of: self.texts)
  }

  private func rows(_ names: [String], of embeddings: Embeddings) throws -> EmbeddedItems {
    let values = names.flatMap { embeddings[Int($0) ?? -1] }
    return EmbeddedItems(embeddings: try Embeddings(values: values, dimension: dimension))
  }
}

@Suite struct CLIPScoreGoldenTests {
  struct Golden: Decodable {
    struct Definition: Decodable {
      var pairs: [Double]
      var corpus: Double
      var reference_pairs: [Double]
      var reference_corpus: Double
    }
    struct Torchmetrics: Decodable {
      var corpus: Double
      var pairs_clamped: [Double]
    }
    var width: Int
    var images: [[Float]]
    var candidates: [[Float]]
    var references: [[[Float]]]
    var hessel: Definition
    var pac: Definition
    var torchmetrics: Torchmetrics
    var torchmetrics_negated: Torchmetrics
  }

  private let golden: Golden

  init() throws {
    let file = TestData.fixtures().appendingPathComponent("dataset/clipscore_golden.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  private func result(_ definition: CLIPScoreDefinition, sign: Float = 1) throws -> CLIPScoreResult {
    let texts = golden.candidates.map { $0.map { sign * $0 } } + golden.references.flatMap(\.self)
    let embedder = RowEmbedder(
      images: try Embeddings(values: golden.images.flatMap(\.self), dimension: golden.width),
      texts: try Embeddings(values: texts.flatMap(\.self), dimension: golden.width),
      prefix: definition.prefix)
    var next = golden.candidates.count
    let items = golden.references.enumerated().map { index, references in
      defer { next += references.count }
      return CLIPScorer.Item(
        id: "\(index)", image: URL(fileURLWithPath: "/\(index)"), candidate: "\(index)",
        references: (next..<next + references.count).map(String.init))
    }
    return try CLIPScorer(embedder: embedder, definition: definition).score(items, withReferences: true)
  }

  @Test func hesselAndPACEqualTheirFormulasInNumPy() throws {
    for (definition, expected) in [(CLIPScoreDefinition.hessel, golden.hessel), (.pac, golden.pac)] {
      let result = try result(definition)
      for (index, score) in result.scores.enumerated() {
        #expect(abs((score?.score ?? .nan) - expected.pairs[index]) < 2e-6)
        #expect(abs((score?.referenceScore ?? .nan) - expected.reference_pairs[index]) < 2e-6)
      }
      #expect(abs(result.corpus - expected.corpus) < 1e-6)
      #expect(abs((result.referenceCorpus ?? .nan) - expected.reference_corpus) < 1e-6)
    }
  }

  @Test func torchmetricsEqualsTorchmetrics() throws {
    for (sign, expected) in [(Float(1), golden.torchmetrics), (-1, golden.torchmetrics_negated)] {
      let result = try result(.torchmetrics, sign: sign)
      #expect(abs(result.corpus - expected.corpus) < 1e-4)
      for (score, clamped) in zip(result.scores, expected.pairs_clamped) {
        #expect(abs(max(score?.score ?? .nan, 0) - clamped) < 1e-4)
      }
    }
  }

  @Test(.enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func realEmbeddingsGiveThePublishedMeans() throws {
    let folder = try #require(TestData.shared).appendingPathComponent("clip_vitb32_embeddings")
    let embedder = RowEmbedder(
      images: try Embeddings(contentsOf: folder.appendingPathComponent("pairs500_images_f32.npy")),
      texts: try Embeddings(contentsOf: folder.appendingPathComponent("pairs500_texts_f32.npy")),
      prefix: CLIPScoreDefinition.hessel.prefix)
    #expect(embedder.images.count == 500 && embedder.texts.count == 500)
    let items = (0..<500).map { row in
      let first = row / 5 * 5
      return CLIPScorer.Item(
        id: "\(row)", image: URL(fileURLWithPath: "/\(row)"), candidate: "\(row)",
        references: (first..<first + 5).filter { $0 != row }.map(String.init))
    }
    let result = try CLIPScorer(embedder: embedder).score(items, withReferences: true)
    #expect(abs(result.corpus - 0.81320) < 5e-6)
    #expect(abs((result.referenceCorpus ?? 0) - 0.82550) < 5e-6)
  }
}
