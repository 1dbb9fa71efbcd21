import CaptionMetrics
import Foundation
import TestSupport
import Testing
import TextProcessing

@Suite struct PTBTokenizerTests {
  @Test func thePatternsOfAllTokensCanBeRead() {
    #expect(PTBTokenizer.rulesAreSound)
  }

  @Test func splitsHardLinesAsThePeer() throws {
    let golden: NgramFixtures.Tokens = try NgramFixtures.read("tokens.json")
    let tokens = PTBTokenizer().tokenize(golden.captions)
    #expect(tokens.count == golden.tokens.count)
    for (i, (ours, theirs)) in zip(tokens, golden.tokens).enumerated() {
      #expect(ours.joined(separator: " ") == theirs, "\(golden.captions[i].debugDescription)")
    }
  }

  @Test func splitsACaptionAloneAsThePeer() throws {
    let golden: NgramFixtures.Tokens = try NgramFixtures.read("isolated.json")
    for (caption, tokens) in zip(golden.captions, golden.tokens) {
      #expect(
        PTBTokenizer().tokenize(caption).joined(separator: " ") == tokens, "\(caption.debugDescription)")
    }
  }

  @Test(arguments: [
    ("A man's dog can't run.", "a man 's dog ca n't run"),
    ("The U.S. flag, at 5 p.m.!", "the u.s. flag at 5 p.m."),
    ("\"Hello\" -- she said...", "hello she said"),
    ("(left) [right]", "-lrb- left -rrb- -lsb- right -rsb-"),
    ("AT&amp;T costs £5", "at&t costs # 5"),
    ("a\nb\rc\u{2028}d\u{0B}e", "a b c d e"),
    ("dog 🐕 park", "dog park"), ("", ""), (" \t ", ""), ("\0a\0", "a"),
    ("ΟΔΟΣ ΣΑΣ İ", "οδος σας i̇"),
    ("an Ed.D. The Ph.D., ed.d.'s x", "an ed.d. the ph.d. ed.d. 's x"),
    ("A Li'l NAT'L park's nat'l. sign", "a li'l nat'l park 's nat'l sign"), ("nat’l xnat'l", "nat l xnat l"),
    ("cont'd. The CONT'D., cont'd", "cont'd. the cont'd. cont 'd"),
  ])
  func splits(_ caption: String, _ tokens: String) {
    #expect(PTBTokenizer().tokenize(caption).joined(separator: " ") == tokens)
  }

  @Test func theNextCaptionTellsAnAbbreviationFromTheEndOfASentence() {
    #expect(PTBTokenizer().tokenize(["plan B.", "The end"])[0] == ["plan", "b"])
    #expect(PTBTokenizer().tokenize(["plan B.", "", " ", "The end"])[0] == ["plan", "b"])
    #expect(PTBTokenizer().tokenize(["plan B.", "the end"])[0] == ["plan", "b."])
  }

  @Test func splitsSharedOutCaptionsAsInOneGo() throws {
    let golden: NgramFixtures.Tokens = try NgramFixtures.read("tokens.json")
    let references = golden.captions.map { [$0] }
    let one = try TokenizedCorpus(candidates: golden.captions, references: references, threads: 1)
    let many = try TokenizedCorpus(candidates: golden.captions, references: references, threads: 7)
    #expect(NgramFixtures.scores(one) == NgramFixtures.scores(many))
  }

  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "a ", "<a ", "<!a ", "a@", "http://a", "a.", "-", "'", "a-", "5-", "(^", "\0", "\u{301}", "&amp;", "..",
      ". ",
      "x'", "😀", "1 ", "a/", "\u{AD}", "No. ", "&", "<a b='", "+1 ",
    ])
  func muchOfOneThingTakesLittleTime(_ piece: String) {
    let text = String(repeating: piece, count: 200_000 / piece.utf8.count)
    #expect(PTBTokenizer().tokenize([text]).count == 1)
  }

  @Test func survivesDamagedCaptions() throws {
    let golden: NgramFixtures.Tokens = try NgramFixtures.read("tokens.json")
    Fuzzing.run(corpus: golden.captions.map { Data($0.utf8) }, iterations: 4000) { data in
      let caption = String(decoding: data, as: UTF8.self)
      let tokens = PTBTokenizer().tokenize([caption, caption])
      #expect(tokens.count == 2)
    }
  }

  @Test(.enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func splitsRealCaptionsAsThePeer() throws {
    let golden: NgramFixtures.Corpora = try NgramFixtures.read("corpora.json")
    let corpora: [String: [String]] = [
      "flickr8k": try RealCaptions.column(1, of: 2, "flickr8k/Flickr8k.token.txt"),
      "coco_captions": try RealCaptions.column(1, of: 3, "coco_captions/token_ids.tsv").map {
        try JSONDecoder().decode(String.self, from: Data($0.utf8))
      },
      "coco_val2017": try RealCaptions.column(1, of: 2, "captions_text/coco_val2017.tsv.gz"),
      "cc3m_validation": try RealCaptions.lines("captions_text/cc3m_validation.txt.gz"),
      "multi30k": try RealCaptions.column(
        2, of: 3, "captions_text/multi30k_without_flickr8k_test_dev.tsv.gz"),
    ]
    for (name, captions) in corpora {
      let expected = try #require(golden.tokens[name])
      #expect(captions.count == expected.captions, "\(name)")
      let lines = PTBTokenizer().tokenize(captions).map { $0.joined(separator: " ") }
      #expect(Self.checksum(lines) == expected.checksum, "\(name)")
    }
  }

  /// FNV-1a of the lines.
  private static func checksum(_ lines: [String]) -> String {
    let hash = lines.joined(separator: "\n").utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
