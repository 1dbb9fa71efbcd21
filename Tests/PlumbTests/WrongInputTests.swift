import Foundation
import TestSupport
import Testing

@Suite struct WrongInputTests {
  private let model = ScoreTests.tinyModel

  /// Writes a file of captions and scores it against the example's references.
  private func score(_ captions: Data, _ arguments: [String] = []) throws -> CommandRun {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("captions.json")
      try captions.write(to: file)
      return try CommandRun(["score", file.path, "--references", "references.json"] + arguments)
    }
  }

  @Test func filesThatAreNone() throws {
    #expect(try CommandRun(["score", "nothing.json"]).isOneSentence(about: "nothing.json: cannot be read"))
    #expect(try CommandRun(["score", "images"]).isOneSentence(about: "images"))
    #expect(try score(Data()).isOneSentence(about: "empty"))
    #expect(try score(Data([0x7F, 0x45, 0x4C, 0x46, 0, 1, 2, 3])).isOneSentence(about: "binary"))
    #expect(try score(Data(#"{"image1": "a", "#.utf8)).isOneSentence(about: "line 1"))
    #expect(try CommandRun(["score", "images/image1.jpg"]).status == 1)
    #expect(
      try CommandRun(["cider-df", "nothing.json", "--output", "/dev/null"])
        .isOneSentence(about: "nothing.json"))
    #expect(try CommandRun(["tokenize", "--with", "ptb", "nothing.txt"]).isOneSentence(about: "nothing.txt"))
  }

  @Test func idsThatDoNotFit() throws {
    let twice = Data(#"[{"image_id": 1, "caption": "a"}, {"image_id": 1, "caption": "b"}]"#.utf8)
    #expect(try score(twice).isOneSentence(about: "id \"1\" already has a candidate"))
    let stranger = Data(#"{"image7": "a cat"}"#.utf8)
    #expect(try score(stranger).isOneSentence(about: "id \"image7\" has no references"))
    let image = try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("captions.json")
      try stranger.write(to: file)
      return try CommandRun(["score", file.path, "--images", "images", "--model", model])
    }
    #expect(image.isOneSentence(about: "id \"image7\" has no image"))
  }

  @Test func modelsThatAreNone() throws {
    let rank = ["rank", "images/image1.jpg", "a cat", "--model"]
    #expect(try CommandRun(rank + ["nobody/nothing"]).isOneSentence(about: "plumb model pull nobody/nothing"))
    #expect(try CommandRun(rank + ["images"]).isOneSentence(about: "images"))
    #expect(try CommandRun(rank + ["candidates.json"]).isOneSentence(about: "without the weight_map"))
    #expect(try CommandRun(["model", "show", "NOTICE"]).isOneSentence(about: "NOTICE"))
    #expect(
      try CommandRun(["model", "pull", "nonsense"]).isOneSentence(about: "owner/name"))
  }

  @Test func outputsThatCannotBeWritten() throws {
    let score = ["score", "candidates.json", "--references", "references.json"]
    #expect(
      try CommandRun(score + ["--per-caption", "no/where.jsonl"]).isOneSentence(about: "no/where.jsonl"))
    #expect(try CommandRun(score + ["--per-caption", "images"]).isOneSentence(about: "this is a folder"))
    #expect(
      try CommandRun(["embed", "images", "images", "--model", model, "--output", "no/where.npy"])
        .isOneSentence(about: "no/where.npy"))
    for redirection in [">&-", ">/dev/full"] {
      let run = try CommandRun(score, redirections: redirection)
      #expect(run.isOneSentence(about: "standard output: cannot be written"), "\(redirection)")
    }
  }

  /// What the system says of a folder that cannot be made, and not how Foundation writes its errors.
  @Test(arguments: [
    ["index", "images", "--index", "candidates.json/x", "--model", ScoreTests.tinyModel],
    ["tokenizer", "train", "candidates.json", "--vocab-size", "520", "--output", "candidates.json/x"],
    [
      "dedup", "images", "--similarity", "0", "--move-to", "candidates.json/x", "--model",
      ScoreTests.tinyModel,
    ],
  ])
  func foldersThatCannotBeMade(arguments: [String]) throws {
    try TestData.withTemporaryFolder { folder in
      for name in ["images", "candidates.json"] {
        try FileManager.default.copyItem(
          at: CommandRun.example.appendingPathComponent(name), to: folder.appendingPathComponent(name))
      }
      let run = try CommandRun(arguments, in: folder)
      #expect(run.status == 1)
      #expect(
        run.errors.contains("candidates.json/x") && run.errors.contains("Not a directory"), "\(run.errors)")
      #expect(!run.errors.contains("NSCocoaErrorDomain"), "\(run.errors)")
    }
  }

  @Test func aReaderThatStopsIsNoError() throws {
    let run = try CommandRun(
      ["score", "candidates.json", "--references", "references.json"], redirections: "| true")
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
  }

  @Test(arguments: [
    ["score"], ["score", "candidates.json", "--metrics", "spice"], ["score", "a", "--precision", "f64"],
    ["rank", "a.jpg", "--model", "m"], ["embed"], ["nonsense"],
    ["tokenize", "--with", "ptb", "--strict", "a.txt"],
    ["score", "a", "--threads", "0"], ["model", "show", "m", "--activation", "relu"],
  ])
  func wrongArgumentsHaveStatus64(arguments: [String]) throws {
    let run = try CommandRun(arguments)
    if arguments == ["embed"] {
      #expect(run.status == 0, "a group without a subcommand shows its help")
    } else {
      #expect(run.status == 64)
      #expect(run.errors.contains("Usage: plumb"))
    }
  }

  /// `embed` alone shows its help; what else its default command cannot do is no success.
  @Test(arguments: [
    (["embed", "--output", "embeddings"], "--output needs --shards"),
    (["embed", "shards", "00000.tar", "--output", "embeddings"], "--output needs --shards"),
    (["embed", "shards", "00000.tar"], "00000.tar"),
    (["embed", "--shards", "00000.tar"], "--shards needs --output"),
  ])
  func shardsNeedTheirOption(arguments: [String], part: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == 64)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains(part), "\(run.errors)")
  }

  /// To Foundation an empty path is the current folder.
  @Test(arguments: [
    ["dedup", ""], ["dedup", "images", "--move-to", ""], ["embed", "images", "", "--output", "o.npy"],
    ["index", "images", "--index", ""], ["score", "candidates.json", "--images", ""], ["filter", ""],
  ])
  func anEmptyPathIsNotTheCurrentFolder(arguments: [String]) throws {
    try TestData.withTemporaryFolder { folder in
      for name in ["images", "candidates.json"] {
        try FileManager.default.copyItem(
          at: CommandRun.example.appendingPathComponent(name), to: folder.appendingPathComponent(name))
      }
      let run = try CommandRun(arguments, in: folder)
      #expect(run.status == 64)
      #expect(run.errors.contains("is empty; name what is meant"), "\(run.errors)")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(Set(names) == ["images", "candidates.json"])
    }
  }

  /// Ids that pandas wrote, `DataFrame.to_csv`, have a column without a name.
  @Test func aColumnMayHaveNoName() throws {
    try TestData.withTemporaryFolder { folder in
      let table = folder.appendingPathComponent("captions.csv")
      try Data(",caption\nimage1,two cats\n".utf8).write(to: table)
      let run = try CommandRun([
        "score", table.path, "--id-column", "", "--references", "references.json", "--metrics", "bleu",
      ])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("Scores of 1 caption in"), "\(run.output)")
    }
  }

  @Test(arguments: [
    [], ["score"], ["rank"], ["judge"], ["embed", "images"], ["embed", "texts"], ["tokenize"], ["cider-df"],
    ["model", "show"], ["model", "convert"], ["model", "pull"],
  ])
  func everyCommandHasHelpWithExamples(command: [String]) throws {
    let run = try CommandRun(command + ["--help"])
    #expect(run.status == 0)
    #expect(run.output.contains("  plumb \((command + [""]).joined(separator: " "))"))
    let lines = run.output.split(separator: "\n").filter { !$0.hasPrefix("USAGE:") }
    #expect(lines.allSatisfy { $0.count <= 80 })
  }
}
