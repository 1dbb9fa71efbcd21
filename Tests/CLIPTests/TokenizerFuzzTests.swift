import CLIP
import Files
import Foundation
import TestSupport
import Testing

/// Damaged files and arbitrary text: whatever comes, an answer or an error, never a crash.
@Suite struct TokenizerFuzzTests {
  /// Loads damaged copies of `good`, written to `name` beside `others`, and encodes with what still loads.
  private func fuzz(_ good: [URL], as name: String, beside others: [URL] = []) throws {
    try TestData.withTemporaryFolder { folder in
      for other in others {
        try FileManager.default.copyItem(
          at: other, to: folder.appendingPathComponent(other.lastPathComponent))
      }
      let file = folder.appendingPathComponent(name)
      Fuzzing.run(corpus: try good.map { try Data(contentsOf: $0) }) { input in
        try input.write(to: file)
        let tokenizer = try CLIPTokenizer.load(from: folder)
        let ids = tokenizer.encode("a photo of the <|endoftext|> cat's 12 café 猫")
        _ = tokenizer.decode(ids, skippingSpecialTokens: false)
        _ = tokenizer.identity
      }
    }
  }

  private var vocabulary: URL { TokenizerFixtures.small.appendingPathComponent("vocab.json") }
  private var merges: URL { TokenizerFixtures.small.appendingPathComponent("merges.txt") }

  @Test func damagedVocabularies() throws {
    try fuzz([vocabulary], as: "vocab.json", beside: [merges])
  }

  @Test func damagedMerges() throws {
    try fuzz([merges], as: "merges.txt", beside: [vocabulary])
  }

  @Test func damagedTokenizerFiles() throws {
    let names = ["small_pairs_tokenizer.json", "small_strings_tokenizer.json", "fuzz_tokenizer.json"]
    try fuzz(names.map(TokenizerFixtures.file), as: "tokenizer.json")
  }

  @Test func damagedSettings() throws {
    let names = ["fuzz_tokenizer_config.json", "fuzz_special_tokens_map.json"]
    try fuzz(names.map(TokenizerFixtures.file), as: "tokenizer_config.json", beside: [vocabulary, merges])
  }

  @Test func damagedGzip() throws {
    try fuzz([TokenizerFixtures.file("small.txt.gz")], as: "bpe_simple_vocab_16e6.txt.gz")
  }

  @Test func damagedMergeLists() throws {
    let text = try GzipReader.inflate(
      Data(contentsOf: TokenizerFixtures.file("small.txt.gz")), limit: 1 << 20)
    try TestData.withTemporaryFolder { folder in
      let good = folder.appendingPathComponent("good")
      try Data(text).write(to: good)
      try fuzz([good], as: "bpe_simple_vocab_16e6.txt")
    }
  }

  @Test func arbitraryText() throws {
    let tokenizer = try CLIPTokenizer.load(from: TokenizerFixtures.small)
    let corpus = try TokenizerFixtures.golden("golden_small.jsonl.gz").map { Data($0.text.utf8) }
    Fuzzing.run(corpus: corpus, iterations: 4000) { input in
      let text = String(decoding: input, as: UTF8.self)
      for cleaning in TextCleaning.allCases {
        var tokenizer = tokenizer
        tokenizer.cleaning = cleaning
        let ids = tokenizer.encode(text)
        _ = tokenizer.decode(ids)
        let cut = try tokenizer.tokenize(text, contextLength: 16)
        #expect(cut.ids.count <= 16 && cut.ids.last == tokenizer.endOfText)
      }
    }
  }
}
