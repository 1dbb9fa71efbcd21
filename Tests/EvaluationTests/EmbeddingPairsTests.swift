import CLIP
import CaptionData
import CaptionMetrics
import Evaluation
import Files
import Foundation
import TestSupport
import Testing

@Suite struct EmbeddingPairsTests {
  private func table(_ text: String) throws -> EmbeddingPairs {
    try EmbeddingPairs(TextFile(name: "rows", bytes: Array(text.utf8)))
  }

  private func problem(_ text: String, images: Int = 3, texts: Int = 2) -> String {
    do {
      _ = try RetrievalPairs(table(text), imageCount: images, textCount: texts)
      return "read"
    } catch { return sentence(for: error) }
  }

  @Test(arguments: [
    "image_row\n2\n0\n", "caption,image_row\n\"a, b\",2\nc,0\n", "Image Row\ttext_row\r\n0\t1\r\n2\t0\r\n",
    "[2, 0]",
    #"[{"image_row": 2, "caption": "a"}, {"image_row": 0}]"#,
    #"[{"text_row": 1, "image_row": 0}, {"caption_row": 0, "image_row": 2}]"#,
  ])
  func rowsAreNumbered(_ text: String) throws {
    let pairs = try RetrievalPairs(table(text), imageCount: 3, textCount: 2)
    #expect(pairs == RetrievalPairs(imageRowOfText: [2, 0], imageCount: 3))
  }

  @Test(arguments: ["image_id,caption\nb,x\na,y\nb,z\n", #"["b", "a", "b"]"#, "id;image\n1;b\n2;a\n1;b\n"])
  func rowsAreNamed(_ text: String) throws {
    let many = try RetrievalPairs(table(text), imageCount: 3, textCount: 3)
    #expect(many.imageRows == [0, 1])
    #expect(many.imageOfText == [0, 1, 0])
    #expect(many.textsOfImage == [[0, 2], [1]])
    let few = try RetrievalPairs(table(text), imageCount: 2, textCount: 3)
    #expect(few == many)
  }

  @Test func whatIsWrongIsSaidWithItsLine() {
    #expect(problem("image_row\n2\n5\n").contains("rows, line 3: there is no image row 5 among 3"))
    #expect(problem("image_row\n2\n-1\n").contains("line 3: the image row is \"-1\""))
    #expect(problem("image_row\n2\n").contains("it has 1 rows, and there are 2 text rows"))
    #expect(problem("image_row,text_row\n2,0\n1,0\n").contains("names 1 of 2"))
    #expect(problem("image_row,text_row\n2,0\n1,9\n").contains("no text row 9 among 2"))
    #expect(problem("row,text\n2,0\n1,9\n").contains("no column is named image_row"))
    #expect(problem("image_id,caption\na,x\n,y\n").contains("line 3: it does not tell the image"))
    #expect(problem("image_id\na\nb\n", images: 7).contains("there are 7 image rows"))
    #expect(problem("[1, \"a\"]").contains("some rows tell an image row and others a name"))
    #expect(problem("[1, 2").contains("rows, line 1"))
    #expect(problem("[]").contains("nothing to compare"))
    #expect(
      problem(#"[{"image_id": "a"}, {"image_id": null}]"#).contains("line 2: it does not tell the image"))
    #expect(problem("[null, 1]").contains("it does not tell the image"))
    #expect(problem("[99999999999999999999, 1]").contains("rows, line 1"))
  }

  @Test func referencesAreThoseThatAreNamedOrTheOthersOfTheImage() throws {
    let named = try EmbeddingScores.items(
      table("image_row,caption_row,reference_rows\n1,0,2 3\n0,1,\"[0, 2]\"\n"), imageCount: 2, textCount: 4)
    #expect(
      named == [
        .init(image: 1, caption: 0, references: [2, 3]), .init(image: 0, caption: 1, references: [0, 2]),
      ])
    let others = try EmbeddingScores.items(table(#"["a", "b", "a", "a"]"#), imageCount: 2, textCount: 4)
    #expect(others[0] == .init(image: 0, caption: 0, references: [2, 3]))
    #expect(others[1] == .init(image: 1, caption: 1))
    let error = #expect(throws: EvaluationError.self) {
      try EmbeddingScores.items(
        table("image_row,reference_rows\n1,2 x\n"), imageCount: 2, textCount: 1)
    }
    #expect(error?.description.contains("reference row is \"x\"") == true)
    #expect(throws: EvaluationError.self) {
      try EmbeddingScores.items(table("image_row,reference_rows\n1,2\n"), imageCount: 2, textCount: 1)
    }
  }

  @Test func scoresFollowTheDefinition() throws {
    let images = try Embeddings(values: [3, 0, 0, 2], dimension: 2)
    let texts = try Embeddings(values: [0.6, 0.8, 1, 0, -1, 0], dimension: 2)
    let items = [
      EmbeddingScores.Item(image: 0, caption: 0, references: [1, 2]),
      .init(image: 0, caption: 2, references: [0]),
    ]
    let result = try EmbeddingScores().score(items, images: images, texts: texts)
    let first = try #require(result.scores[0])
    #expect(abs(first.score - 1.5) < 1e-6)
    #expect(abs(try #require(first.referenceScore) - 2 * 1.5 * 0.6 / 2.1) < 1e-6)
    #expect(result.scores[1] == CLIPPairScore(score: 0, referenceScore: 0))
    #expect(throws: EmbeddingError.noSuchRow(name: "the embeddings", row: 9)) {
      try EmbeddingScores().score([.init(image: 9, caption: 0)], images: images, texts: texts)
    }
  }

  @Test func damageNeverTraps() {
    let corpus = [
      "image_row,caption_row,reference_rows\n1,0,2 3\n0,1,\"[0, 2]\"\n",
      #"[{"image_row": 2, "text_row": 0}, 3, "a"]"#,
    ].map { Data($0.utf8) }
    Fuzzing.run(corpus: corpus, seed: 21) { data in
      let table = try EmbeddingPairs(TextFile(name: "x", bytes: Array(data)))
      _ = try? RetrievalPairs(table, imageCount: 4, textCount: table.rows.count)
      _ = try EmbeddingScores.items(table, imageCount: 4, textCount: table.rows.count)
    }
  }
}
