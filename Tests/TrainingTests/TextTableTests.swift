import CLIP
import Foundation
import TestSupport
import Testing
import Training

@Suite struct TextTableTests {
  /// A tokenizer with 270 merges, among the fixtures of CLIP's tests.
  static let tokenizer = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("CLIPTests/Fixtures/tokenizer/small")

  @Test func rowsAreWhatTheTokenizerMakesWhateverTheThreads() throws {
    let tokenizer = try CLIPTokenizer.load(from: Self.tokenizer)
    let texts = (0..<1000).map { "a photo of \($0) dogs" + String(repeating: " and cats", count: $0 % 7) }
    let table = try TokenizedTexts(texts: texts, tokenizer: tokenizer, contextLength: 24, threads: 3)
    let expected = try texts.map { try tokenizer.tokenize($0, contextLength: 24) }
    #expect(table.count == 1000)
    #expect((0..<1000).map { Array(table[$0]) } == expected.map(\.ids))
    #expect(table.truncatedCount == expected.count(where: \.isTruncated))
    #expect(table.truncatedCount > 0)
    #expect(table.longest == 24)
    #expect(table[1000].isEmpty && table[-1].isEmpty)
    let batch = table.batch([5, 0, 999])
    #expect(batch.count == 3)
    #expect(batch.ids == expected[5].ids + expected[0].ids + expected[999].ids)
    let (first, second) = (expected[5].ids.count, expected[0].ids.count)
    #expect(batch.offsets.map(Int.init) == [0, first, first + second, batch.ids.count])
    #expect(try TokenizedTexts(texts: [], tokenizer: tokenizer, contextLength: 24).count == 0)
    #expect(throws: TokenizerError.self) {
      try TokenizedTexts(texts: ["a"], tokenizer: tokenizer, contextLength: 1)
    }
  }

  @Test func embeddingsAreReadRowByRow() throws {
    let url = MadeUp.fixtures.appendingPathComponent("vectors-f32.npy")
    let table = try Embeddings(contentsOf: url, count: 6, of: "images")
    #expect(table.dimension == 4)
    let all = table.values(of: Array(0..<6))
    #expect(all.count == 24)
    #expect(table.values(of: [5, 0]) == Array(all[20..<24]) + Array(all[0..<4]))
    #expect(table.values(of: [-1, 6]) == [Float](repeating: 0, count: 8))
    let half = try Embeddings(
      contentsOf: MadeUp.fixtures.appendingPathComponent("vectors-f16.npy"), count: 6, of: "images")
    #expect(zip(all, half.values(of: Array(0..<6))).allSatisfy { abs($0 - $1) < 0.002 })
    #expect(
      message { try Embeddings(contentsOf: url, count: 7, of: "captions") }.contains(
        "it has 6 rows where there are 7 captions"))
  }
}
