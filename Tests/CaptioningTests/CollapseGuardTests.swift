import Captioning
import Foundation
import Testing
import Training

/// What tells that a captioner collapses; `plumb caption tune` stops by it in PlumbTests.
struct CollapseGuardTests {
  private static let judge = CollapseGuard.Judge(name: "bleu4", maxDrop: 0.1)

  /// A validation with the measures that signs are read from.
  private func result(
    pairs: Double = 0, endings: Double = 0, open: Double = 0, identical: Double = 0, length: Double = 10
  ) -> ValidationResult {
    ValidationResult(
      [
        ("CIDEr", 0.5), ("rep-2", pairs), ("no_end", open), ("bad_ending", endings), ("identical", identical),
        ("mean_length", length),
      ], score: 1)
  }

  @Test func aJudgeThatFallsTooFarStopsTheTraining() throws {
    var collapse = CollapseGuard(judge: Self.judge)
    #expect(collapse.findings(in: result(), judged: 0.5) == (nil, nil))
    // A better value later is nothing to fall from: the one before training counts.
    #expect(collapse.findings(in: result(), judged: 0.8) == (nil, nil))
    #expect(collapse.findings(in: result(), judged: 0.451) == (nil, nil))
    let found = collapse.findings(in: result(pairs: 0.25), judged: 0.449)
    let reason = try #require(found.stop)
    #expect(reason.contains("the judge bleu4 fell from 0.500 to 0.449"), "\(reason)")
    #expect(reason.hasSuffix("seen: repeated word pairs (rep-2 0.000 → 0.250)."), "\(reason)")
    #expect(found.warning == nil)
    let plain = try #require(collapse.findings(in: result(), judged: 0.1).stop)
    #expect(plain.hasSuffix("is kept."), "\(plain)")
  }

  @Test func aNegativeJudgeFallsByAShareOfItsSize() {
    var collapse = CollapseGuard(judge: Self.judge)
    #expect(collapse.findings(in: result(), judged: -1).stop == nil)
    #expect(collapse.findings(in: result(), judged: -1.09).stop == nil)
    #expect(collapse.findings(in: result(), judged: -1.11).stop != nil)
  }

  @Test func everySignIsWarnedOfByItsName() {
    let signs: [(ValidationResult, String)] = [
      (result(pairs: 0.3), "repeated word pairs (rep-2 0.000 → 0.300)"),
      (result(endings: 0.3), "captions that end with an article or a preposition (bad_ending 0.000 → 0.300)"),
      (result(open: 0.3), "captions without an end (no_end 0.000 → 0.300)"),
      (result(identical: 0.3), "identical captions (identical 0.000 → 0.300)"),
      (result(length: 13), "longer captions (mean_length 10.000 → 13.000)"),
    ]
    for (found, sign) in signs {
      var collapse = CollapseGuard(judge: nil)
      #expect(collapse.findings(in: result(), judged: nil) == (nil, nil))
      #expect(collapse.findings(in: found, judged: nil) == (nil, "signs of a collapse: \(sign)"))
    }
    // What was so before training, or has hardly changed, is no sign.
    var collapse = CollapseGuard(judge: nil)
    let before = result(pairs: 0.3, endings: 0.3, open: 0.3, identical: 0.3, length: 13)
    #expect(collapse.findings(in: before, judged: nil) == (nil, nil))
    let after = result(pairs: 0.31, endings: 0.31, open: 0.31, identical: 0.39, length: 15)
    #expect(collapse.findings(in: after, judged: nil) == (nil, nil))
  }

  @Test func aResumedRunComparesWithWhatWasBeforeTraining() throws {
    var collapse = CollapseGuard(judge: Self.judge)
    _ = collapse.findings(in: result(), judged: 0.5)
    _ = collapse.findings(in: result(open: 0.4), judged: 0.48)
    var resumed = CollapseGuard(judge: Self.judge)
    try resumed.restore(collapse.state())
    let warned = resumed.findings(in: result(open: 0.4), judged: 0.48)
    #expect(warned == (nil, "signs of a collapse: captions without an end (no_end 0.000 → 0.400)"))
    let found = resumed.findings(in: result(open: 0.4), judged: 0.44)
    let reason = try #require(found.stop)
    #expect(reason.contains("from 0.500 to 0.440") && reason.contains("no_end 0.000 → 0.400"), "\(reason)")
  }

  /// Earlier versions saved the judge's value alone, or null without a judge.
  @Test func statesOfEarlierVersionsAreRead() throws {
    var resumed = CollapseGuard(judge: Self.judge)
    try resumed.restore(Data("0.5".utf8))
    #expect(resumed.findings(in: result(), judged: 0.46).stop == nil)
    #expect(resumed.findings(in: result(), judged: 0.44).stop != nil)
    var without = CollapseGuard(judge: nil)
    try without.restore(Data("null".utf8))
    #expect(without.findings(in: result(), judged: nil) == (nil, nil))
    #expect(throws: DecodingError.self) { try without.restore(Data("{\"judged\": \"much\"}".utf8)) }
  }
}
