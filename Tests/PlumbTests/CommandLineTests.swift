import Foundation
import TestSupport
import Testing

/// What the command says of itself: near misses, one prefix, standard input, Control-C.
@Suite struct CommandLineTests {
  @Test(arguments: [
    (["scor"], "did you mean \"plumb score\"?"), (["fine-tune", "x"], "did you mean \"plumb finetune\"?"),
    (["runs", "polt"], "did you mean \"plumb runs plot\"?"),
    (["evaluate", "retreival"], "did you mean \"plumb evaluate retrieval\"?"),
    (["help", "judg"], "did you mean \"plumb judge\"?"), (["nonsense"], "there are: score, rank,"),
    (["score", "a", "--imags", "b"], "Did you mean '--images'?"), (["score"], "Missing expected argument"),
    // What is missing for a slip is not what is told.
    (
      ["evaluate", "retrieval", "--image-embedings=a.npy", "--text-embeddings", "b.npy"],
      "Unknown option '--image-embedings'. Did you mean '--image-embeddings'?"
    ),
    (["model", "show", "--jsn"], "Did you mean '--json'?\nUsage: plumb model show"),
    (["tokenize", "--", "--jsn"], "Missing expected argument '--with"),
    (["score", "a", "--precision", "f64"], "f32"), (["judge", "foil"], "--data FOLDER"),
    (["score", "a", "--cite", "--json"], "leave out --cite"),
    (["judge", "a", "--signature", "--json"], "leave out --signature"),
    (["judge", "a", "--metrics", "BLUE-4"], "the nearest is \"BLEU-4\""),
    (["score", "a", "b", "--plot", "a.png"], "--plot a.png: plots are SVG, which is no .png"),
    (["judge", "a", "--plot", "a.PDF"], "--plot a.PDF: plots are SVG, which is no .pdf"),
    (["runs", "plot", "a", "--output", "a.png"], "--output a.png: plots are SVG"),
    (["explain", "images/image1.jpg", "a cat", "--svg", "a.jpg"], "--svg a.jpg: plots are SVG"),
    (["explain", "c.json", "--images", "images", "--svg", "a.svg"], "--svg draws the captions of one image"),
    // What is found out only by the work has the usage of its command, too.
    (["classify", "images", "--labels", "cats"], "Usage: plumb classify ["),
    (["classify", "images", "--labels", "cats"], "See 'plumb classify --help'"),
    (["filter", "images", "--by", "x", "--min-score", "1", "-o", "x"], "Usage: plumb filter <scores>"),
    (["caption", "generate", "images", "-o", "x.png"], "See 'plumb caption generate --help'"),
    (["caption", "generate", "-", "--sidecar"], "leave out --sidecar"),
  ]) func aWrongWordNamesTheNearest(_ arguments: [String], _ part: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == 64 && run.output.isEmpty, "\(run.output)")
    #expect(run.errors.hasPrefix("plumb: ") && run.errors.contains(part), "\(run.errors)")
    #expect(run.errors.contains("Usage: plumb") && !run.errors.contains("Error:"), "\(run.errors)")
  }

  @Test func standardInputIsTaken() throws {
    try TestData.withTemporaryFolder { folder in
      func file(_ name: String, _ text: String) throws -> String {
        let file = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file.path
      }
      let captions = CommandRun.example.appendingPathComponent("candidates.json").path
      let references = CommandRun.example.appendingPathComponent("references.json").path
      let texts = try file("texts.txt", "a cat on a mat\ntwo dogs\n")
      let table = try file("table.csv", "file,caption\n1,two cats are on a sofa\n")
      let scores = try file(
        "scores.jsonl", #"{"id": "a", "CLIPScore": 0.7}"# + "\n" + #"{"id": "b", "CLIPScore": 0.5}"# + "\n")
      let labels = try file("labels.csv", "file,label\nimage1,cat\nimage2,dog\n")
      let ptb = ["tokenize", "--with", "ptb"]
      let model = ["--model", ScoreTests.tinyModel]
      let cases: [(before: [String], input: String, after: [String])] = [
        (["score"], captions, ["-r", references, "--json"]),
        (["score", captions, "-r"], references, ["--json"]),
        (ptb, texts, []), (["cider-df"], references, ["-o", "/dev/null"]),
        (["embed", "texts"], texts, ["-o", folder.path + "/x.npy"] + model),
        (["tokenizer", "train"], texts, ["--vocab-size", "520", "-o", folder.path + "/TOKENIZER"]),
        (["evaluate", "retrieval"], references, ["-i", "images", "--json"] + model),
        (
          ["evaluate", "paraphrase"], references,
          ["-i", "images", "--depth", "1", "--resamples", "10", "--json"] + model
        ),
        (["paraphrase"], table, ["--column", "caption", "--source", "rules", "-o", "/dev/null"]),
        (["rank", "images/image1.jpg"], texts, model),
        (["rank"], "images/image1.jpg", ["two cats", "a dog"] + model),
        (["explain"], "images/image1.jpg", ["two cats on a sofa"] + model),
        (["embed", "images"], "images/image1.jpg", ["-o", folder.path + "/y.npy"] + model),
        (
          ["score", captions, "worse-candidates.json", "-r"], references,
          ["--metrics", "bleu,cider", "--resamples", "50", "--trials", "50", "--json"]
        ),
        (["classify", "images", "--labels", "cat,dog", "--json", "--truth"], labels, model),
        (["classify"], "images/image1.jpg", ["--labels", "cat,dog", "--json"] + model),
        (["features", "images"], "images/image1.jpg", ["-o", folder.path + "/z.npy"] + model),
        (["filter"], scores, ["--min-score", "0.6", "-o", folder.path + "/kept.jsonl"]),
      ]
      for (index, item) in cases.enumerated() {
        func run(
          _ path: String, _ number: Int, _ redirection: String = "", piped: String? = nil
        ) throws -> CommandRun {
          try CommandRun(
            item.before + [path] + item.after.map { $0.replacing("TOKENIZER", with: "tokenizer\(number)") },
            redirections: redirection, piped: piped)
        }
        let redirected = try run("-", 1, "<'\(item.input)'")
        #expect(redirected.status == 0, "\(item.before): \(redirected.errors)")
        let piped = try run("-", 3, piped: item.input)
        #expect(piped.status == 0, "\(item.before): \(piped.errors)")
        if item.input == texts, item.before[0] == "rank" { continue }
        let named = try run(item.input, 2)
        #expect(named.status == 0, "\(item.before): \(named.errors)")
        func plain(_ text: String) -> String {
          text.replacing(item.input, with: "-").replacing("/dev/stdin", with: "-").replacing(
            "tokenizer2", with: "tokenizer1"
          ).replacing("tokenizer3", with: "tokenizer1")
        }
        #expect(plain(redirected.output) == plain(named.output), "case \(index)")
        #expect(plain(piped.output) == plain(named.output), "case \(index)")
      }
      for twice in [
        ["score", "-", "-r", "-"], ["rank", "-", "-"], ["runs", "plot", "-", "-", "--output", "x.svg"],
        ["evaluate", "paraphrase", "-", "--images", "photos", "--split", "-"],
      ] {
        let run = try CommandRun(twice)
        #expect(run.isOneSentence(about: "two arguments name it"), "\(twice): \(run.errors)")
      }
    }
  }

  @Test(arguments: ["embed texts - -o out.npy -m MODEL", "score - -r R --per-caption out.jsonl"])
  func controlCSaysOneLineAndLeavesNothing(_ line: String) throws {
    try TestData.withTemporaryFolder { folder in
      let places = [
        "MODEL": ScoreTests.tinyModel, "R": CommandRun.example.appendingPathComponent("references.json").path,
      ]
      let process = Process()
      process.executableURL = CommandRun.executable
      process.arguments = line.split(separator: " ").map { places[String($0)] ?? String($0) }
      process.currentDirectoryURL = folder
      let (input, errors) = (Pipe(), Pipe())
      process.standardInput = input
      process.standardOutput = FileHandle.nullDevice
      process.standardError = errors
      try process.run()
      // Until it listens: bit 1 of the caught signals is SIGINT.
      _ = waits {
        let status =
          (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let mask = status.firstMatch(of: /SigCgt:\s*([0-9a-f]+)/).flatMap { UInt64($0.1, radix: 16) } ?? 0
        return mask & 2 != 0
      }
      kill(process.processIdentifier, SIGINT)
      // It must end although its input does not; a test that waits for ever says nothing.
      if !waits(until: { !process.isRunning }) { process.terminate() }
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 130)
      let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      #expect(said == "plumb: stopped; nothing was written\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      try input.fileHandleForWriting.close()
    }
  }
}
