import Foundation
import TestSupport
import Testing

/// `-` as an output: standard output where text is written, an error where it cannot be, and never a file of that name.
@Suite struct StandardOutputTests {
  private let score = [
    "score", CommandRun.example.appendingPathComponent("candidates.json").path, "--references",
    CommandRun.example.appendingPathComponent("references.json").path, "--metrics", "bleu",
  ]

  @Test func theFileGoesToStandardOutputAndTheReportToStandardError() throws {
    try TestData.withTemporaryFolder { folder in
      let run = try CommandRun(score + ["--per-caption", "-"], in: folder)
      #expect(run.status == 0)
      let lines = run.output.split(separator: "\n")
      #expect(
        lines.count == 2 && lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") }, "\(run.output)")
      #expect(run.errors.contains("BLEU-4"), "\(run.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      // A file that standard output leads to is continued, not written over.
      let file = folder.appendingPathComponent("both")
      try Data("before\n".utf8).write(to: file)
      let appended = try CommandRun(
        score + ["--per-caption", "-"], in: folder, redirections: ">>'\(file.path)'")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(appended.status == 0 && text == "before\n" + run.output)
    }
  }

  @Test func plotsAndParaphrasesAreWrittenToo() throws {
    try TestData.withTemporaryFolder { folder in
      let log = #"{"stage": "s", "stage_number": 0, "step": 1, "epoch": 1, "loss": 1}"# + "\n"
      try Data(log.utf8).write(to: folder.appendingPathComponent("log.jsonl"))
      let plot = try CommandRun(["runs", "plot", "log.jsonl", "--output", "-"], in: folder)
      #expect(
        plot.status == 0 && plot.output.hasPrefix("<") && plot.output.contains("</svg>"), "\(plot.errors)")
      try Data("two cats are on a sofa\n".utf8).write(to: folder.appendingPathComponent("c.txt"))
      let pairs = try CommandRun(["paraphrase", "c.txt", "--source", "rules", "--output", "-"], in: folder)
      #expect(pairs.status != 1 && pairs.output.hasPrefix("{"), "\(pairs.errors)")
      let asked = try CommandRun(
        ["paraphrase", "c.txt", "--endpoint", "http://localhost:1/v1", "--llm-model", "m", "--output", "-"],
        in: folder)
      #expect(asked.status == 64 && asked.errors.contains("--cache"), "\(asked.errors)")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == ["c.txt", "log.jsonl"])
    }
  }

  @Test func captionsOfImagesAreWrittenToo() throws {
    let run = try CommandRun(["caption", "generate", "images/image1.jpg", "--output", "-"])
    #expect(run.status == 0 && run.errors.contains("captions of 1 images"), "\(run.errors)")
    let results = try #require(
      JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
    #expect(results.count == 1 && results[0]["caption"] is String)
    let left = try FileManager.default.contentsOfDirectory(atPath: CommandRun.example.path)
    #expect(!left.contains { $0.hasPrefix("-") })
  }

  @Test func keptLinesAreWrittenToo() throws {
    try TestData.withTemporaryFolder { folder in
      let line = #"{"id": "a", "CLIPScore": 0.7}"#
      try Data((line + "\n" + #"{"id": "b", "CLIPScore": 0.5}"# + "\n").utf8).write(
        to: folder.appendingPathComponent("s.jsonl"))
      let run = try CommandRun(["filter", "s.jsonl", "--min-score", "0.6", "-o", "-"], in: folder)
      #expect(run.status == 0 && run.output == line + "\n")
      #expect(run.errors.contains("1 of 2 captions kept"), "\(run.errors)")
      // A pipe that has a name is no folder either.
      let piped = try CommandRun(
        ["filter", "/dev/fd/0", "--min-score", "0.6", "-o", "-"], in: folder,
        piped: folder.appendingPathComponent("s.jsonl").path)
      #expect(piped.status == 0 && piped.output == line + "\n", "\(piped.errors)")
    }
  }

  @Test(arguments: [
    "embed texts c.txt -o -", "embed images a.png -o -", "features images a.png --output -",
    "tokenizer train c.txt --vocab-size 520 -o -", "compress mini -", "model convert mini -",
    "cider-df r.json -o -", "embed --shards x.tar --output -", "score --shards x.tar --output -",
    "filter scores --min-score 0 --output -", "paraphrase --write-prompts -",
  ]) func whatIsNoTextIsRefused(_ line: String) throws {
    try TestData.withTemporaryFolder { folder in
      try Data("two cats are on a sofa\n".utf8).write(to: folder.appendingPathComponent("c.txt"))
      try Data(#"{"1": ["two cats"]}"#.utf8).write(to: folder.appendingPathComponent("r.json"))
      try Data().write(to: folder.appendingPathComponent("x.tar"))
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("scores"), withIntermediateDirectories: false)
      let run = try CommandRun(line.split(separator: " ").map(String.init), in: folder)
      #expect(run.isOneSentence(about: "standard output"), "\(run.status) \(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("-").path))
    }
  }

  @Test func twoFilesCannotBothGoThere() throws {
    let run = try CommandRun(["judge", "ratings.jsonl", "--items", "-", "--plot", "-"])
    #expect(run.isOneSentence(about: "-: two outputs"), "\(run.errors)")
  }

  @Test func aLogIsReadFromStandardInput() throws {
    try TestData.withTemporaryFolder { folder in
      let log = #"{"stage": "s", "stage_number": 0, "step": 1, "epoch": 1, "loss": 1}"# + "\n"
      let file = folder.appendingPathComponent("log.jsonl")
      try Data(log.utf8).write(to: file)
      let run = try CommandRun(["runs", "show", "-"], redirections: "<'\(file.path)'")
      #expect(run.status == 0 && run.output.hasPrefix("-: s"), "\(run.errors)")
      let empty = try CommandRun(["runs", "plot", "-", "--output", "-"])
      #expect(empty.isOneSentence(about: "standard input"), "\(empty.errors)")
      #expect(!empty.errors.contains("/dev/"))
    }
  }

  @Test func theShortVersionIsTheLongOne() throws {
    let (short, long) = (try CommandRun(["-V"]), try CommandRun(["--version"]))
    #expect(short.status == 0 && short.output == long.output && !short.output.isEmpty)
    let help = try CommandRun(["--help"])
    #expect(help.output.contains("-V is --version"))
    for command in [["score"], ["caption", "generate"], ["runs"]] {
      #expect(try CommandRun(command + ["-V"]).output == long.output, "\(command)")
    }
    #expect(try CommandRun(["score", "--metrics", "-V"]).status == 64)
  }
}
