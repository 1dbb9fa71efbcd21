import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct TokenizerGoldenTests {
  private func check(_ tokenizer: CLIPTokenizer, against golden: String) throws {
    let rows = try TokenizerFixtures.golden(golden)
    #expect(rows.count >= 2000)
    var asHuggingFace = tokenizer
    asHuggingFace.cleaning = .huggingFace
    var asOpenAI = tokenizer
    asOpenAI.cleaning = .openAI
    var compared = 0
    for row in rows {
      let ids = asHuggingFace.encode(row.text)
      #expect(ids == row.hf, "transformers, \(row.kind): \(row.text.debugDescription)")
      // Scalar by scalar: Swift holds canonically equivalent strings for equal.
      let decoded = asHuggingFace.decode(row.hf)
      #expect(
        decoded.unicodeScalars.elementsEqual(row.decoded.unicodeScalars),
        "decoding \(row.decoded.debugDescription)")
      if let expected = row.openai {
        compared += 1
        #expect(asOpenAI.encode(row.text) == expected, "open_clip, \(row.kind): \(row.text.debugDescription)")
      }
    }
    #expect(compared >= 2000)
  }

  @Test func smallTokenizerEqualsPeersOnHardStrings() throws {
    try check(CLIPTokenizer.load(from: TokenizerFixtures.small), against: "golden_small.jsonl.gz")
  }

  @Test(.enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func realVocabularyEqualsPeersOnHardStrings() throws {
    let merges = try #require(TokenizerFixtures.openAIMerges)
    try check(CLIPTokenizer.load(from: merges), against: "golden_clip.jsonl.gz")
  }

  @Test(.enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func realVocabularyGivesTheIdsOfCOCOCaptions() throws {
    let tokenizer = try CLIPTokenizer.load(from: try #require(TokenizerFixtures.openAIMerges))
    let file = try #require(TestData.shared).appendingPathComponent("coco_captions/token_ids.tsv")
    var count = 0
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
      let fields = line.split(separator: "\t")
      let text = try JSONDecoder().decode(String.self, from: Data(fields[1].utf8))
      let ids = fields[2].split(separator: " ").compactMap { Int32($0) }
      for cleaning in TextCleaning.allCases {
        var tokenizer = tokenizer
        tokenizer.cleaning = cleaning
        #expect(tokenizer.encode(text) == ids, "\(text)")
      }
      count += 1
    }
    #expect(count == 5000)
  }

  private struct Variants: Decodable {
    struct Variant: Decodable {
      struct Row: Decodable {
        var text: String
        var ids: [Int32]
      }
      var name: String
      var files: [String: String]
      var rows: [Row]
      var length: Int?
    }
    var variants: [Variant]
  }

  @Test func settingsOfSpecialTokensAreHonouredAsByTransformers() throws {
    let variants = try JSONDecoder().decode(
      Variants.self, from: Data(contentsOf: TokenizerFixtures.file("variants.json"))
    ).variants
    #expect(variants.count == 8)
    for variant in variants {
      try TestData.withTemporaryFolder { folder in
        for name in ["vocab.json", "merges.txt"] where variant.files["tokenizer.json"] == nil {
          try FileManager.default.copyItem(
            at: TokenizerFixtures.small.appendingPathComponent(name), to: folder.appendingPathComponent(name))
        }
        for (name, content) in variant.files {
          try Data(content.utf8).write(to: folder.appendingPathComponent(name))
        }
        let tokenizer = try CLIPTokenizer.load(from: folder)
        #expect(tokenizer.modelMaxLength == variant.length, "\(variant.name)")
        for row in variant.rows {
          #expect(tokenizer.encode(row.text) == row.ids, "\(variant.name): \(row.text)")
        }
      }
    }
  }
}
