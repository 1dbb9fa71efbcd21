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

  private struct CodePoints: Decodable {
    var hf: [UInt32]
    var openai: [UInt32]
    /// The runs of code points that open_clip's cleaning is compared on.
    var openai_compared: [[UInt32]]
  }

  /// CRC-32, continued from `value`, over `ids` as four bytes each.
  private static func checksum(_ value: UInt32, _ ids: ArraySlice<Int32>) -> UInt32 {
    var crc = ~value
    for id in ids {
      crc ^= UInt32(bitPattern: id)
      for _ in 0..<32 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
    }
    return ~crc
  }

  @Test(arguments: TextCleaning.allCases)
  func everyCodePointEqualsPeers(cleaning: TextCleaning) throws {
    let golden = try JSONDecoder().decode(
      CodePoints.self, from: Data(contentsOf: TokenizerFixtures.file("code_points.json")))
    let tokenizer = try CLIPTokenizer.load(from: TokenizerFixtures.small, cleaning: cleaning)
    let isOpenAI = cleaning == .openAI
    let runs = isOpenAI ? golden.openai_compared : [[0, 0x10FFFF]]
    var checksums = [UInt32](repeating: 0, count: 0x110000 / 1024)
    for point in runs.lazy.flatMap({ $0[0]...$0[1] }) {
      let isWhole = point < 0x40000 || 0xE0000..<0xE1000 ~= point
      guard let scalar = Unicode.Scalar(point), isWhole || point % 1024 == 0 else { continue }
      // open_clip's `encode` gives the tokens of the text alone.
      let ids = tokenizer.encode("b\(scalar)a\u{301}\(scalar) \(scalar)'s")
      let block = Int(point / 1024)
      checksums[block] = Self.checksum(checksums[block], isOpenAI ? ids[1..<(ids.count - 1)] : ids[...])
    }
    let expected = isOpenAI ? golden.openai : golden.hf
    #expect(expected.count == checksums.count)
    for (block, pair) in zip(checksums, expected).enumerated() {
      #expect(pair.0 == pair.1, "U+\(String(block * 1024, radix: 16)) and the 1,023 after it")
    }
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
    #expect(variants.count == 9)
    for variant in variants {
      try TestData.withTemporaryFolder { folder in
        for name in ["vocab.json", "merges.txt"]
        where variant.files["tokenizer.json"] == nil && variant.files[name] == nil {
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
