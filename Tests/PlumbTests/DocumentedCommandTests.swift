import CaptionMetrics
import Files
import Foundation
import TestSupport
import Testing
import Training

/// Every command line that the documentation prints is right, and is run where what it needs can be made.
@Suite struct DocumentedCommandTests {
  /// What marks a command line that is only checked, and what it needs that is not there.
  static let needs: [(part: String, what: String)] = [
    ("openai/", "a model from the hub"), ("laion/", "a model from the hub"),
    ("ViT-B-32.pt", "a model from the hub"), (".pth", "pretrained weights of the user's"),
    ("lickr8k", "Flickr8k"), ("Flicker8k", "Flickr8k"), ("Recipes/mini/", "the data of Recipes/mini"),
    ("Recipes/paraclip/mini", "the data of Recipes/paraclip"),
    ("Recipes/captioner/rewards", "Flickr8k"),
    ("Recipes/captioner/judge", "Flickr8k"),
    ("Recipes/published/", "ImageNet, COCO and CC3M, and days"),
    ("val2014", "COCO"), ("val2017", "COCO"), ("train2014", "COCO"), ("ARO", "ARO"),
    ("STS", "the STS sets"), ("--endpoint", "a language model's server"),
    ("/opt/venv", "a torch of the user's"),
    ("DIR", "a torch of the user's"), ("plumb torch setup", "the network"),
    ("plumb meteor install", "the network"),
    ("plumb meteor show", "METEOR's tables"), (".npy --text", "embeddings of the user's"),
    ("q.npy", "embeddings of the user's"),
    ("tuned", "a model that the user tuned"), ("model show student", "the student of the line above it"),
    ("captioner/model", "a captioner of the user's"), ("captioner/mixed", "a captioner of the user's"),
    ("caption grammar", "a hundred captions"),
    ("plumb index", "the user's folders"), ("plumb search", "the user's index"),
    ("plumb serve", "the user's index, and it does not end"), ("tiny_imagenet", "tiny ImageNet"),
    ("IMAGES=photos", "more images than the example has"),
  ]

  /// Why a command line is not run; nil where it is.
  private func missing(_ command: DocumentedCommand) -> String? {
    if let need = Self.needs.first(where: { command.line.contains($0.part) }) { return need.what }
    let trains = !command.arguments.contains("--dry-run")
    let distills = trains && command.arguments[0] == "distill"
    let captions = trains && ["caption train", "caption tune"].contains { command.line.contains($0) }
    let needsTraining = distills || captions || command.line.contains("work/own")
    if needsTraining, !TorchInstallation.isSetUp { return "libtorch" }
    // One distillation is enough, and the page's own is it.
    return distills && command.source != "docs/training.md" ? "what docs/training.md has run" : nil
  }

  /// A folder with what the documentation's names stand for.
  private func withSandbox(_ body: (URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      let manager = FileManager.default
      for name in ["Recipes", "Examples"] {
        try manager.copyItem(
          at: CommandRun.package.appendingPathComponent(name), to: folder.appendingPathComponent(name))
      }
      let example = folder.appendingPathComponent("Examples/cats-and-dogs")
      try manager.createDirectory(
        at: folder.appendingPathComponent("flowers"), withIntermediateDirectories: true)
      for (from, to) in [
        ("candidates.json", "captions.json"), ("references.json", "references.json"),
        ("images", "photos"), ("images/image1.jpg", "cats.jpg"), ("images/image2.jpg", "dogs.png"),
        ("images/image1.jpg", "photo.jpg"), ("candidates.json", "before.json"),
        ("worse-candidates.json", "after.json"), ("images", "flowers/cat"),
      ] {
        try manager.copyItem(
          at: example.appendingPathComponent(from), to: folder.appendingPathComponent(to))
      }
      let log =
        #"{"stage": "s", "stage_number": 0, "step": 1, "epoch": 1, "loss": 1}"# + "\n"
        + #"{"stage": "s", "stage_number": 0, "step": 1, "epoch": 1, "validation_text_to_image_R@10": 0.5}"#
        + "\n"
      let ratings = (1...6).map {
        #"{"image": "image1.jpg", "candidate": "cat \#($0)", "references": ["cat \#($0 % 3)"], "rating": \#($0)}"#
          + "\n"
      }
      for (name, text) in [
        ("captions.txt", "two cats are on a sofa\na big dog runs\n"), ("more.jsonl", "\"a small cat\"\n"),
        ("captions.csv", "id,caption\nimage1,two cats\nimage2,a dog\n"),
        ("references.csv", "id,caption\nimage1,two cats\nimage2,a dog\n"),
        ("captions.tsv", "image1\ttwo cats\nimage2\ta dog\n"),
        ("dataset_coco.json", Self.splits), ("annotations.csv", "file,caption\nimage1.jpg,two cats\n"),
        ("labels.txt", "cat\ndog, hound\n"), ("truth.csv", "image,label\nimage1.jpg,cat\nimage2.jpg,dog\n"),
        ("duplicates.txt", "photos/image2.jpg\n"), ("duplicates/.keep", ""),
        ("coco.df", ""), ("ratings.jsonl", ratings.joined()), ("runs/own/log.jsonl", log),
        ("runs/a/log.jsonl", log),
        ("runs/b/log.jsonl", log),
      ] {
        let file = folder.appendingPathComponent(name)
        try manager.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      try manager.createDirectory(
        at: folder.appendingPathComponent("data"), withIntermediateDirectories: true)
      for number in 100..<200 {
        let key = "\(number)"
        try TarBytes.file([
          ("\(key).bmp", StripedImage.bitmap(number)), ("\(key).txt", Data("thing \(key)".utf8)),
        ]).write(to: folder.appendingPathComponent("data/000\(key.dropFirst()).tar"))
      }
      let counted = try CommandRun(["cider-df", "references.json", "--output", "coco.df"], in: folder)
      #expect(counted.status == 0, "\(counted.errors)")
      try body(folder)
    }
  }

  @Test func everyOneIsRightAndIsRunWhereItCanBe() throws {
    let commands = try DocumentedCommand.all()
    #expect(commands.count > 80)
    for source in [
      "README.md", "docs/training.md", "Sources/CaptionMetrics/CaptionMetrics.docc/ScoringWithMETEOR.md",
      "Recipes/own/images.yaml", "plumb score --help",
    ] {
      #expect(commands.contains { $0.source == source }, "\(source)")
    }
    var done: Set<String> = []
    var skipped: [String] = []
    try withSandbox { folder in
      for command in commands {
        let checked = try CommandRun(["check-arguments"] + command.arguments, in: folder)
        #expect(checked.status == 0, "\(command): \(checked.errors)")
        for word in command.arguments where word.hasPrefix("Recipes/") || word.hasPrefix("Examples/") {
          #expect(
            FileManager.default.fileExists(atPath: CommandRun.package.appendingPathComponent(word).path),
            "\(command): there is no \(word)")
        }
        guard done.insert(command.line).inserted else { continue }
        if let what = missing(command) {
          skipped.append("\(command) (\(what))")
          continue
        }
        try run(command, in: folder)
      }
    }
    for need in Self.needs {
      #expect(commands.contains { $0.line.contains(need.part) }, "nothing needs \(need.part)")
    }
    print("\(skipped.count) of \(done.count) command lines were checked and not run:")
    for line in skipped { print("  \(line)") }
  }

  /// Karpathy's layout.
  private static let splits = #"""
    {"images": [
      {"filename": "image1.jpg", "split": "test", "imgid": 0, "sentences": [{"raw": "two cats"}]},
      {"filename": "image2.jpg", "split": "test", "imgid": 1, "sentences": [{"raw": "a dog"}]},
      {"filename": "image3.jpg", "split": "train", "imgid": 2, "sentences": [{"raw": "a bird"}]},
      {"filename": "image4.jpg", "split": "restval", "imgid": 3, "sentences": [{"raw": "a car"}]}
    ]}
    """#

  /// Two captions with their paraphrases.
  private static let pairs = #"""
    {"id": "image1", "caption": "two cats", "paraphrase": "a pair of cats"}
    {"id": "image2", "caption": "two dogs", "paraphrase": "a pair of dogs"}

    """#

  /// Two captions with their scores.
  private static let scores = #"""
    {"id": "image1", "caption": "two cats", "CLIPScore": 1.2, "RefCLIPScore": 1}
    {"id": "image2", "caption": "a dog", "CLIPScore": 0.4, "RefCLIPScore": 0.9}

    """#

  private func run(_ command: DocumentedCommand, in folder: URL) throws {
    let standardInput = folder.appendingPathComponent("standard-input")
    try Data(command.input.utf8).write(to: standardInput)
    // What an earlier line has made is made again.
    try Data(Self.pairs.utf8).write(to: folder.appendingPathComponent("P.jsonl"))
    try Data(Self.scores.utf8).write(to: folder.appendingPathComponent("scores.jsonl"))
    for made in ["tokenizer", "mini-f32", "prompts"] {
      try? FileManager.default.removeItem(at: folder.appendingPathComponent(made))
    }
    // The list of earlier moves, which is there only to undo them.
    let list = folder.appendingPathComponent("duplicates/moved.jsonl")
    if command.line.contains("--undo") {
      try Data(#"{"plumb_moves": 1, "folders": []}"#.utf8).write(to: list)
    } else {
      try? FileManager.default.removeItem(at: list)
    }
    var arguments = command.arguments
    if command.line.contains("--split") == false, arguments.starts(with: ["evaluate", "paraphrase"]) {
      // Of the example's two images.
      arguments += ["--depth", "1", "--resamples", "10"]
    }
    let run = try CommandRun(
      // What training makes is not looked at; an epoch does.
      arguments, in: folder, environment: command.environment.merging(["EPOCHS": "1"]) { $1 },
      redirections: "<'\(standardInput.path)'")
    #expect([0, 2].contains(run.status), "\(command): \(run.status) \(run.errors)")
  }

  /// A recipe that needs data is at least read, with the variables that its comments set.
  @Test func everyRecipeIsRead() throws {
    let commands = try DocumentedCommand.all().filter { command in
      ["distill", "finetune", "ablate", "caption"].contains(command.arguments[0])
        && command.arguments.contains { $0.hasPrefix("Recipes/") }
    }
    #expect(Set(commands.map(\.arguments.first)).count == 4)
    try withSandbox { folder in
      for command in commands {
        var arguments = command.arguments
        if !arguments.contains("--dry-run") { arguments.append("--dry-run") }
        let run = try CommandRun(arguments, in: folder, environment: command.environment)
        let isRead =
          run.status == 0
          || (run.status == 1 && !run.errors.contains(".yaml, line") && !run.errors.contains("--set "))
        #expect(isRead, "\(command): \(run.errors)")
      }
    }
  }
}
