import Foundation
import Paraphrase
import TestSupport
import Testing

@Suite struct OfflineTests {
  private func source(_ text: String) throws -> SourceCaptions {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("captions.txt")
      try Data(text.utf8).write(to: file)
      return try SourceCaptions(contentsOf: file)
    }
  }

  private let three = "1.jpg#0\tA dog .\n1.jpg#1\tA hound runs .\n1.jpg#2\tAn animal moves .\n"

  @Test func otherCaptionsOfTheImageAreParaphrases() throws {
    let lines = try OfflineParaphrases.references(source(three), seed: 3).lines
    #expect(lines.count == 3)
    for line in lines {
      let all = [line.caption, line.plain ?? "", line.paraphrase]
      #expect(Set(all).count == 3, "three different captions")
      #expect(line.id == "1.jpg" && line.model == "references" && line.tokens == 0)
    }
  }

  @Test func theSeedDecidesAndNothingElse() throws {
    let five = (0..<5).map { "1.jpg#\($0)\tcaption number \($0) here\n" }.joined()
    let alone = try OfflineParaphrases.references(source(five), seed: 7).lines
    let among = try OfflineParaphrases.references(
      source("0.jpg#0\tA cat .\n0.jpg#1\tOne cat .\n" + five), seed: 7
    ).lines
    #expect(Array(among.dropFirst(2)) == alone)
    let others = try (0..<8).map { try OfflineParaphrases.references(source(five), seed: $0).lines }
    #expect(others.contains { $0 != alone })
  }

  @Test func ofTwoCaptionsTheOtherIsTheParaphrase() throws {
    let paraphrases = try OfflineParaphrases.references(
      source("1.jpg#0\tA dog .\n1.jpg#1\tA hound runs .\n2.jpg#0\tA cat .\n2.jpg#1\ta CAT\n"), seed: 0)
    #expect(paraphrases.lines.map(\.plain) == [nil, nil])
    #expect(paraphrases.lines.map(\.paraphrase) == ["A hound runs .", "A dog ."])
    #expect(paraphrases.skipped.map(\.count) == [2], "the same caption twice is no paraphrase")
  }

  @Test func captionsWithoutImagesHaveNoOthers() throws {
    #expect(throws: ParaphraseError.self) {
      try OfflineParaphrases.references(source("a dog\na cat\n"), seed: 0)
    }
    #expect(throws: ParaphraseError.self) {
      try OfflineParaphrases.references(source("1.jpg#0\tA dog .\n2.jpg#0\tA cat .\n"), seed: 0)
    }
  }

  @Test func wordsAreExchangedAndPlacesMoved() {
    let rules = RuleRewriter()
    #expect(rules.paraphrase("A dog runs in the park")?.plain == "In the park, a dog runs")
    let shore = rules.paraphrase("There is a large canine sprinting on the beach .")
    #expect(shore?.plain == "A big dog running on the beach .")
    #expect(shore?.paraphrase.hasSuffix(" .") == true)
    let words = shore?.paraphrase.lowercased() ?? ""
    #expect(!words.contains("dog ") && !words.contains("running") && !words.contains("big"))
  }

  @Test(arguments: [
    // Half of a name, a sense that the words around do not show, another part of speech, a name.
    ("a hot dog on a plate", "hot dog"), ("a cable car on a mountain", "cable car"),
    ("people playing beach volleyball in the sun", "beach volleyball"),
    ("a boy looks like a pirate", "looks like"),
    ("a man walks a dog on a beach", "walks a"), ("a woman named Rose in a car", "Rose"),
    ("a dog takes a leap over a fence", "leap"),
  ])
  func whatIsNotPlainIsLeftAlone(caption: String, kept: String) {
    for seed in 0..<8 as Range<UInt64> {
      let result = RuleRewriter(seed: seed).paraphrase(caption)
      #expect(
        result?.paraphrase.lowercased().contains(kept.lowercased()) ?? true, "\(result?.paraphrase ?? "")")
    }
  }

  @Test(arguments: [
    "A man and his dog", "A boy in a red shirt", "A man is wearing a hat on his head",
    "A dog looking at a cat",
    "A boy sliding down in a red shirt", "An image of a red truck",
  ])
  func placesThatBelongToAThingStay(caption: String) {
    let result = RuleRewriter().paraphrase(caption)
    for text in [result?.plain, result?.paraphrase] { #expect(text?.contains(",") != true, "\(text ?? "")") }
  }

  @Test func articlesFitTheirWords() {
    let texts = (0..<16 as Range<UInt64>).compactMap {
      RuleRewriter(seed: $0).paraphrase("A person on a huge plane at a cliff")?.paraphrase
    }
    #expect(texts.contains { $0.hasPrefix("An individual on a") })
    #expect(
      texts.contains { $0.contains("an enormous air") } && texts.contains { $0.contains("a massive air") })
  }

  @Test func aCaptionThatNoRuleKnowsIsSkipped() throws {
    let paraphrases = try OfflineParaphrases.rules(
      try source("zebra\nTwo zebras graze .\nA dog runs in the park .\n"), seed: 0)
    #expect(paraphrases.lines.map(\.id) == ["3"])
    #expect(paraphrases.skipped.map(\.count) == [2])
    #expect(throws: ParaphraseError.self) { try OfflineParaphrases.rules(source("zebra\n"), seed: 0) }
  }

  @Test func numbersAndNegationsAreKept() throws {
    let check = ResponseCheck(sharedWords: 1)
    for caption in [
      "Two men without shirts are running on a beach", "a pair of dogs not playing in 3 puddles",
    ] {
      for seed in 0..<8 as Range<UInt64> {
        guard let result = RuleRewriter(seed: seed).paraphrase(caption) else { continue }
        #expect(check.fault(of: result.paraphrase, to: caption) == nil)
      }
    }
  }

  @Test func anyTextIsTaken() {
    let corpus = [
      "A dog runs in the park, near \"the\" trees .", "there is a an the of of of",
      "\u{301}é ½ ٣ 北京 — 'n' 1,0.", "a",
    ]
    Fuzzing.run(corpus: corpus.map { Data($0.utf8) }, seed: 5, iterations: 2000) { input in
      let text = String(decoding: input, as: UTF8.self)
      if let result = RuleRewriter().paraphrase(text) { #expect(!result.paraphrase.isEmpty) }
      _ = ResponseCheck().fault(of: text, to: "a dog", original: text)
    }
  }

  @Test(.enabled(if: TestData.isAvailable, "PLUMB_TEST_DATA does not name the folder of real data"))
  func nearlyAllOfFlickr8kIsParaphrased() throws {
    let file = try #require(TestData.shared).appendingPathComponent("flickr8k/Flickr8k.token.txt")
    let source = try SourceCaptions(contentsOf: file)
    let captions = stride(from: 0, to: source.captions.count, by: 10).map { source.captions[$0] }
    let (lines, _) = RuleRewriter().paraphrases(of: captions)
    #expect(Double(lines.count) > 0.9 * Double(captions.count))
    #expect(lines == RuleRewriter().paraphrases(of: captions).lines)
    let references = try OfflineParaphrases.references(source, seed: 0)
    #expect(references.lines.count > 40_400)
  }

  @Test func aLineIsWhatReadersExpect() throws {
    let line = ParaphrasedCaption(
      id: "1.jpg", caption: "a \"dog\"", plain: "a dog", paraphrase: "a hound", model: "m", prompts: "1",
      tokens: 57)
    #expect(
      try line.line()
        == #"{"id": "1.jpg", "caption": "a \"dog\"", "plain": "a dog", "paraphrase": "a hound", "model": "m", "prompts": "1", "tokens": 57}"#
    )
    var short = line
    short.plain = nil
    #expect(try !short.line().contains("plain"))
  }
}
