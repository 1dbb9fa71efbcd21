import Foundation
import TestSupport
import Testing

@Suite struct ParaphraseTests {
  private static let tokens = """
    1.jpg#0\tA dog runs in the park .
    1.jpg#1\tA brown hound is outside .
    1.jpg#2\tAn animal moves over grass .
    2.jpg#0\tTwo men are walking on a beach .
    2.jpg#1\tTwo guys stroll along the shore .

    """

  /// Writes captions into a folder and runs `plumb paraphrase` on them there.
  private func run(
    _ arguments: [String], captions: String = tokens, name: String = "captions.txt"
  ) throws -> (run: CommandRun, lines: [String]?) {
    try TestData.withTemporaryFolder { folder in
      try Data(captions.utf8).write(to: folder.appendingPathComponent(name))
      let run = try CommandRun(["paraphrase", name, "--output", "P.jsonl"] + arguments, in: folder)
      let written = try? String(contentsOf: folder.appendingPathComponent("P.jsonl"), encoding: .utf8)
      return (run, written?.split(separator: "\n").map(String.init))
    }
  }

  @Test func otherCaptionsOfTheImage() throws {
    let (run, lines) = try run(["--source", "references"])
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(run.output.hasPrefix("P.jsonl: 5 of 5 captions paraphrased by references, 3 in two steps"))
    #expect(lines?.count == 5)
    #expect(
      lines?.last
        == #"{"id": "2.jpg", "caption": "Two guys stroll along the shore .", "paraphrase": "Two men are walking on a beach .", "model": "references", "prompts": "1", "tokens": 0}"#
    )
    #expect(try self.run(["--source", "references"]).lines == lines)
  }

  @Test func rulesAndAReportForPrograms() throws {
    let (run, lines) = try run(["--source", "rules", "--words", "2...7", "--json"])
    #expect(run.status == 0)
    let report = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    #expect(report["captions"] as? Int == 5)
    #expect(report["written"] as? Int == lines?.count)
    #expect((report["skipped"] as? [String: Int])?.isEmpty == false)
    #expect(lines?.first?.contains(#""plain": "In the park, a dog runs .""#) == true)
  }

  @Test func wrongInputIsToldInOneSentence() throws {
    let cases: [(arguments: [String], captions: String, part: String)] = [
      (["--source", "references"], "a dog\na cat\n", "no image has two captions"),
      (["--source", "rules", "--words", "90..."], Self.tokens, "widen the range"),
      (["--source", "rules"], "", "empty"),
      (["--source", "rules", "--column", "caption"], "x,y\n1,2\n", "captions.txt"),
    ]
    for (arguments, captions, part) in cases {
      let (run, lines) = try run(arguments, captions: captions)
      #expect(run.isOneSentence(about: part), "\(arguments): \(run.errors)")
      #expect(lines == nil, "nothing is written")
    }
    let missing = try CommandRun([
      "paraphrase", "nothing.txt", "--source", "rules", "--output", "no/where.jsonl",
    ])
    #expect(missing.isOneSentence(about: "nothing.txt: cannot be read"))
    let nowhere = try CommandRun([
      "paraphrase", "candidates.json", "--source", "rules", "--output", "no/where.jsonl",
    ])
    #expect(nowhere.isOneSentence(about: "no/where.jsonl"))
  }

  @Test(arguments: [
    ["--source", "magic"], ["--source", "rules", "--words", "5...2"],
    ["--source", "rules", "--words", "five"],
    ["--source", "rules", "--seed", "-1"],
  ])
  func wrongArgumentsHaveStatus64(arguments: [String]) throws {
    let (run, lines) = try run(arguments)
    #expect(run.status == 64)
    #expect(lines == nil)
  }

  @Test func whatCannotBeReadIsSkippedOnRequest() throws {
    let captions = "{\"id\": \"1\", \"caption\": \"A dog runs in the park\"}\nnonsense\n"
    let strict = try run(["--source", "rules"], captions: captions, name: "a.jsonl")
    #expect(strict.run.isOneSentence(about: "a.jsonl, line 2"))
    let (run, lines) = try run(["--source", "rules", "--keep-going"], captions: captions, name: "a.jsonl")
    #expect(run.status == 2)
    #expect(run.errors.contains("line 2"))
    #expect(lines?.count == 1)
  }
}
