import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct TokenizerBehaviourTests {
  private let tokenizer: CLIPTokenizer

  init() throws { tokenizer = try CLIPTokenizer.load(from: TokenizerFixtures.small) }

  @Test func overlongTextKeepsItsStartAndEndsWithEndOfText() throws {
    let text = Array(repeating: "zebra", count: 100).joined(separator: " ")
    let all = tokenizer.encode(text)
    let cut = try tokenizer.tokenize(text)
    #expect(cut.isTruncated)
    #expect(cut.ids.count == 77)
    #expect(cut.ids.dropLast() == all.prefix(76))
    #expect(cut.ids.last == tokenizer.endOfText)
  }

  @Test func textThatJustFitsIsNotCut() throws {
    let text = Array(repeating: "a", count: 75).joined(separator: " ")
    #expect(try tokenizer.tokenize(text) == TokenizedText(ids: tokenizer.encode(text), isTruncated: false))
    #expect(try tokenizer.tokenize(text, strict: true).ids.count == 77)
    #expect(try tokenizer.tokenize(text + " a").isTruncated)
    #expect(try tokenizer.tokenize("", contextLength: 2).ids == [tokenizer.startOfText, tokenizer.endOfText])
  }

  @Test func strictRefusesToCut() {
    let text = String(repeating: "a\n", count: 80)
    #expect(throws: TokenizerError.self) { try tokenizer.tokenize(text, strict: true) }
    let message = TokenizerFixtures.message { try tokenizer.tokenize(text, strict: true) }
    #expect(message.contains("82 tokens") && message.contains("77") && !message.contains("\n"), "\(message)")
    #expect(throws: TokenizerError.contextTooShort(contextLength: 1)) {
      try tokenizer.tokenize("a", contextLength: 1)
    }
  }

  @Test func decodingLeavesOutSpecialAndUnknownIds() {
    let ids = tokenizer.encode("A Zebra's 12 cafés!")
    #expect(tokenizer.decode(ids) == "a zebra 's 1 2 cafés !")
    #expect(
      tokenizer.decode(ids, skippingSpecialTokens: false)
        == "<|startoftext|>a zebra 's 1 2 cafés ! <|endoftext|>")
    #expect(tokenizer.decode([-1, Int32.max, Int32.min, 100_000]) == "")
  }

  @Test func oneTokenizerServesManyThreads() async {
    let texts = (0..<200).map { "a photo of \($0) zebras, café \($0 * 7919) 猫" }
    let expected = texts.map(tokenizer.encode)
    await withTaskGroup(of: [[Int32]].self) { group in
      for _ in 0..<8 { group.addTask { [tokenizer] in texts.map(tokenizer.encode) } }
      for await found in group { #expect(found == expected) }
    }
  }

  @Test func longWordIsMergedAlikeByScanningAndByTheQueue() {
    // 48 bytes are scanned, 49 take the queue: the merges of a repeated pattern must go on as before.
    for unit in ["zebra", "giraffe", "a", "猫", "tt"] {
      let repeated = String(repeating: unit, count: 40)
      let long = tokenizer.encode(repeated)
      #expect(tokenizer.decode(long) == repeated)
      let short = tokenizer.encode(String(repeating: unit, count: 48 / unit.utf8.count))
      #expect(long.starts(with: short.dropLast(10)), "\(unit)")
    }
  }

  @Test func aMegabyteWithoutASpaceIsEncoded() {
    let text = String(repeating: "sittingonthebench", count: 1 << 16)
    #expect(tokenizer.decode(tokenizer.encode(text)) == text)
  }
}
