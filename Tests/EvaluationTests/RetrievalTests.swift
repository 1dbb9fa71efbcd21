import CLIP
import Evaluation
import Foundation
import TestSupport
import Testing

@Suite struct RetrievalTests {
  private let folder = TestData.fixtures().appendingPathComponent("evaluation")

  /// Ranks by the definition: every cosine in double precision, every tie against.
  private func reference(_ images: Embeddings, _ texts: Embeddings, _ pairs: RetrievalPairs)
    -> RetrievalResult
  {
    let scores = (0..<texts.count).map { text in
      pairs.imageRows.map { cosine(texts[text], images[$0]) }
    }
    let toImage = scores.indices.map { text in
      let own = pairs.imageOfText[text]
      return 1 + scores[text].indices.count { $0 != own && scores[text][$0] >= scores[text][own] }
    }
    let toText = pairs.textsOfImage.enumerated().map { image, own -> Int? in
      guard let best = own.map({ scores[$0][image] }).max() else { return nil }
      return 1 + scores.indices.count { pairs.imageOfText[$0] != image && scores[$0][image] >= best }
    }
    return RetrievalResult(textToImage: toImage, imageToText: toText)
  }

  private func random(_ count: Int, _ dimension: Int, _ generator: inout SeededGenerator) -> [Float] {
    (0..<count * dimension).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  @Test(arguments: [(9, 1, 5, 1), (40, 3, 16, 2), (333, 2, 37, 3), (1, 4, 8, 2), (700, 5, 64, 2)])
  func ranksAreThoseOfTheDefinition(images: Int, captions: Int, dimension: Int, threads: Int) throws {
    var generator = SeededGenerator(seed: UInt64(images))
    let imageValues = random(images, dimension, &generator)
    var texts = random(images * captions, dimension, &generator)
    for i in texts.indices {
      texts[i] += 0.3 * imageValues[i / dimension / captions * dimension + i % dimension]
    }
    let (a, b) = (
      try Embeddings(values: imageValues, dimension: dimension),
      try Embeddings(values: texts, dimension: dimension)
    )
    let pairs = try RetrievalPairs(imageCount: images, textCount: images * captions)
    let expected = reference(a, b, pairs)
    for (width, height) in [(2048, 128), (7, 5), (64, 1)] {
      var retrieval = RetrievalEvaluation(threads: threads)
      retrieval.blockWidth = width
      retrieval.blockHeight = height
      #expect(try retrieval.ranks(images: a, texts: b, pairs: pairs) == expected)
    }
  }

  @Test func tiesAndNearTiesAreDecidedInDoublePrecision() throws {
    // Few different rows, some of them off by less than f32 can tell in a cosine.
    var generator = SeededGenerator(seed: 5)
    let dimension = 24
    let kinds = (0..<4).map { _ in random(1, dimension, &generator) }
    func rows(_ count: Int) throws -> Embeddings {
      var values: [Float] = []
      for _ in 0..<count {
        var row = kinds[Int.random(in: 0..<4, using: &generator)]
        if Bool.random(using: &generator) { row[3] += 5e-4 }
        values += row
      }
      return try Embeddings(values: values, dimension: dimension)
    }
    let (images, texts) = (try rows(50), try rows(150))
    let pairs = try RetrievalPairs(imageCount: 50, textCount: 150)
    let expected = reference(images, texts, pairs)
    #expect(try RetrievalEvaluation(threads: 2).ranks(images: images, texts: texts, pairs: pairs) == expected)
    #expect(expected.textToImageSummary.medianRank > 5)
  }

  @Test func anEmbedderThatTellsNothingApartFindsNothing() throws {
    let same = try Embeddings(values: [Float](repeating: 0.5, count: 20 * 4), dimension: 4)
    let result = try RetrievalEvaluation().ranks(
      images: same, texts: same, pairs: RetrievalPairs(imageCount: 20, textCount: 20))
    #expect(result.textToImage == [Int](repeating: 20, count: 20))
    #expect(result.imageToText == [Int?](repeating: 20, count: 20))
    #expect(result.textToImageSummary.recallAt10 == 0)
    let zeros = Embeddings(count: 3, dimension: 4)
    let nothing = try RetrievalEvaluation().ranks(
      images: zeros, texts: zeros, pairs: RetrievalPairs(imageCount: 3, textCount: 3))
    #expect(nothing.textToImage == [3, 3, 3])
  }

  @Test func imagesWithoutTextsAreOnlyInTheWay() throws {
    let images = try Embeddings(values: [1, 0, 0, 1, 0.9, 0.1], dimension: 2)
    let texts = try Embeddings(values: [0.8, 0.2], dimension: 2)
    let result = try RetrievalEvaluation().ranks(
      images: images, texts: texts, pairs: RetrievalPairs(imageRowOfText: [0], imageCount: 3))
    #expect(result.textToImage == [2])
    #expect(result.imageToText == [1, nil, nil])
    #expect(result.imageToTextSummary.count == 1)
  }

  @Test func ranksAndSummariesEqualNumPys() throws {
    let golden = try #require(
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: folder.appendingPathComponent("retrieval_golden.json"))) as? [String: Any])
    let images = try Embeddings(contentsOf: folder.appendingPathComponent("retrieval_images.npy"))
    let texts = try Embeddings(contentsOf: folder.appendingPathComponent("retrieval_texts.npy"))
    let pairs = RetrievalPairs(
      imageRowOfText: try #require(golden["image_of_text"] as? [Int]), imageCount: images.count)
    let result = try RetrievalEvaluation().ranks(images: images, texts: texts, pairs: pairs)
    #expect(result.textToImage == golden["text_to_image"] as? [Int])
    #expect(result.imageToText == golden["image_to_text"] as? [Int])
    let summaries = try #require(golden["summaries"] as? [String: [String: Double]])
    for (name, found) in [
      ("text_to_image", result.textToImageSummary), ("image_to_text", result.imageToTextSummary),
    ] {
      let expected = try #require(summaries[name])
      #expect(found.recallAt1 == expected["R@1"] && found.recallAt5 == expected["R@5"])
      #expect(found.recallAt10 == expected["R@10"] && found.medianRank == expected["median_rank"])
      #expect(abs(found.meanRank - (expected["mean_rank"] ?? 0)) < 1e-12)
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let two = Embeddings(count: 2, dimension: 4)
    let pairs = try RetrievalPairs(imageCount: 2, textCount: 2)
    func message(_ images: Embeddings, _ texts: Embeddings, _ pairs: RetrievalPairs) -> String {
      do {
        _ = try RetrievalEvaluation().ranks(images: images, texts: texts, pairs: pairs)
        return "ranked"
      } catch { return "\(error)" }
    }
    #expect(message(two, Embeddings(count: 2, dimension: 3), pairs).contains("rows of 4 numbers"))
    #expect(message(two, Embeddings(count: 3, dimension: 4), pairs).contains("image rows"))
    #expect(message(two, two, RetrievalPairs(imageRowOfText: [0, 7], imageCount: 2)).contains("image rows"))
    #expect(
      message(two, two, RetrievalPairs(imageRowOfText: [], imageCount: 2)).contains("nothing to compare"))
    for value in [Float.nan, .infinity, -.infinity] {
      let bad = try Embeddings(values: [0, 1, value, 0], dimension: 2)
      let good = Embeddings(count: 2, dimension: 2)
      #expect(message(good, bad, pairs).contains("row 1 holds a value"))
      #expect(message(bad, good, pairs).contains("row 1 holds a value"))
    }
    #expect(throws: EvaluationError.countsDoNotFit(images: 2, texts: 3)) {
      try RetrievalPairs(imageCount: 2, textCount: 3)
    }
  }

  @Test(.enabled(if: TestData.isAvailable, "\(TestData.whySkipped)"))
  func realEmbeddingsHaveTheKnownRecallsAndScores() throws {
    let data = try #require(TestData.shared).appendingPathComponent("clip_vitb32_embeddings")
    let images = try Embeddings(contentsOf: data.appendingPathComponent("pairs500_images_f32.npy"))
    let texts = try Embeddings(contentsOf: data.appendingPathComponent("pairs500_texts_f32.npy"))
    let table = try EmbeddingPairs(contentsOf: data.appendingPathComponent("pairs500_rows.csv"))
    let pairs = try RetrievalPairs(table, imageCount: images.count, textCount: texts.count)
    let found = try RetrievalEvaluation().ranks(images: images, texts: texts, pairs: pairs).textToImageSummary
    #expect(found.count == 500)
    #expect([found.recallAt1, found.recallAt5, found.recallAt10] == [0.832, 0.99, 0.998])
    let items = try EmbeddingScores.items(table, imageCount: images.count, textCount: texts.count)
    let scores = try EmbeddingScores().score(items, images: images, texts: texts)
    #expect(String(format: "%.5f", scores.corpus) == "0.81320")
    #expect(String(format: "%.5f", try #require(scores.referenceCorpus)) == "0.82550")
  }
}
