import CLIP
import Foundation
import TestSupport
import Testing
import Training

/// `plumb distill` on a dozen images and a tiny teacher: it needs the bridge of `plumb torch setup`.
@Suite(.enabled(if: TorchInstallation.isSetUp, "libtorch is not set up")) struct DistillTests {
  private static let names = ["cat", "dog", "two cats", "a tree", "my house", "red car"]

  /// A folder with images, captions, a student and a recipe.
  private func withRun(
    _ body: (_ folder: URL, _ recipe: URL) throws -> Void
  ) throws {
    try TestData.withTemporaryFolder { folder in
      try CommandRun.copyExampleImages(12, into: folder.appendingPathComponent("images", isDirectory: true))
      var captions = ""
      for index in 0..<12 {
        for number in 0..<2 { captions += "\(index).jpg#\(number)\t\(Self.names[(index + number) % 6])\n" }
      }
      try Data(captions.utf8).write(to: folder.appendingPathComponent("captions.txt"))
      let student = folder.appendingPathComponent("student").path
      let made = try CommandRun(["compress", ScoreTests.tinyModel, student, "--weight-sharing", "2"])
      try #require(made.status == 0, "\(made.errors)")
      let recipe = folder.appendingPathComponent("recipe.yaml")
      try Data(Self.recipe.utf8).write(to: recipe)
      try body(folder, recipe)
    }
  }

  private static let recipe = """
    output: run
    threads: 1
    seed: 3
    model: {pretrained: student}
    teacher: {model: \(ScoreTests.tinyModel)}
    data:
      pairs: {captions: captions.txt, images: images}
    validation: {captions: captions.txt, images: images}
    stages:
      - name: image
        train: image
        epochs: 2
        batch_size: 4
        learning_rate: 1e-3
        drop_path: 0.3
        ema_decay: 0.9
        save_every_seconds: 0
        losses: {image: {l1: 0.5, cosine: 0.5}}
        augment: {crop: [0.5, 1], flip: 0.5, brightness: 0.2}
      - name: text
        train: text
        epochs: 2
        batch_size: 8
        learning_rate: 1e-3
        save_every_seconds: 0
        losses: {text: {l1: 0.5, cosine: 0.5}}
      - name: joint
        train: both
        epochs: 3
        batch_size: 6
        learning_rate: 1e-3
        grad_clip_norm: 1
        save_every_seconds: 0
        losses:
          image: {l1: 0.33, cosine: 0.33}
          text: {l1: 0.33, cosine: 0.33}
          similarity_regulator: 10
          soft_labels: 0.5
          contrastive: {weight: 0.5, soft_targets: 0.3}
          relation: {attention: 0.1, hidden: 0.1}
    """

  /// The log without what depends on the clock.
  private func log(_ folder: URL) throws -> [String] {
    try String(contentsOf: folder.appendingPathComponent("run/log.jsonl"), encoding: .utf8)
      .split(separator: "\n").map { String($0).replacing(/, "seconds": [^,}]*/, with: "") }
  }

  @Test func threadsSpinNoLongerThanTheLimit() throws {
    try withRun { folder, recipe in
      let cases = [([:], "5000"), (["GOMP_SPINCOUNT": "70"], "70"), (["OMP_WAIT_POLICY": "PASSIVE"], "0")]
      for (environment, expected) in cases {
        let run = try CommandRun(
          ["distill", recipe.path, "--dry-run"],
          environment: environment.merging(["OMP_DISPLAY_ENV": "verbose"]) { $1 })
        #expect(run.status == 0 && run.output.contains("stage "), "\(run.errors)")
        // libgomp tells it each time that it is loaded.
        let lines = run.errors.split(separator: "\n").filter { $0.contains("GOMP_SPINCOUNT = ") }
        #expect(lines.last?.contains("'\(expected)'") == true, "\(lines)")
      }
    }
  }

  @Test func threeStagesGiveAModelThatOtherCommandsTake() throws {
    try withRun { folder, recipe in
      let run = try CommandRun(["distill", recipe.path], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let lines = try log(folder)
      // 6 + 6 + 6 steps and 7 validations.
      #expect(lines.count == 25, "\(lines.count)")
      for part in [
        "image_l1", "text_cosine", "similarity_regulator", "soft_labels", "contrastive", "image_attention",
        "text_hidden",
      ] {
        #expect(lines.contains { $0.contains("\"\(part)\"") }, "\(part)")
      }
      let rank = try CommandRun(
        [
          "rank", "images/image1.jpg", "a cat", "a dog", "--model",
          folder.appendingPathComponent("run/model").path,
        ])
      #expect(rank.status == 0, "\(rank.errors)")
    }
  }

  @Test func aStageMayEndBetweenTheStartAndItsOwnEnd() throws {
    try withRun { folder, recipe in
      func weights(_ alpha: Double, _ path: String) throws -> [Float] {
        let settings = (0..<3).flatMap { ["--set", "stages[\($0)].wise_ft_alpha=\($0 == 2 ? alpha : 0)"] }
        let run = try CommandRun(["distill", recipe.path, "--set", "output=\(path)"] + settings, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let model = try Checkpoint.open(at: folder.appendingPathComponent("\(path)/model"))
        return try #require(model.tensors["text_projection.weight"]).floats()
      }
      let start = try Checkpoint.open(at: folder.appendingPathComponent("student"))
      let old = try #require(start.tensors["text_projection.weight"]).floats()
      let (ends, between) = (try weights(1, "ends"), try weights(0.25, "between"))
      #expect(ends != old)
      #expect(try weights(0, "nothing") == old)
      for ((a, b), c) in zip(zip(old, ends), between) { #expect(abs(0.75 * a + 0.25 * b - c) < 1e-6) }
    }
  }

  @Test func aTableTellsWhatPartsAreWorthAndGoesOn() throws {
    try withRun { folder, recipe in
      let table = folder.appendingPathComponent("table.yaml")
      let text = """
        recipe: recipe.yaml
        output: rows
        seeds: [4, 5]
        curves: [loss]
        rows:
          - name: without the regulator
            set: ["stages[2].losses.similarity_regulator=0"]
          - {name: whole}
        """
      try Data(text.utf8).write(to: table)
      let plan = try CommandRun(["ablate", table.path, "--dry-run"])
      #expect(plan.status == 0 && plan.output.contains("== whole, 2 seeds"), "\(plan.output)\(plan.errors)")
      let run = try CommandRun(["ablate", table.path])
      #expect(run.status == 0, "\(run.errors)")
      let written = try String(contentsOf: folder.appendingPathComponent("rows/table.md"), encoding: .utf8)
      #expect(written == run.output)
      #expect(
        written.contains(/\| without the regulator \| \d+\.\d+ M \| \d\.\d{4} ± \d\.\d{4} \|/), "\(written)")
      #expect(written.contains("`stages[2].losses.similarity_regulator=0`"))
      let curves = try String(contentsOf: folder.appendingPathComponent("rows/curves.svg"), encoding: .utf8)
      #expect(curves.contains("without the regulator") && curves.contains("a line for each seed"))
      let log = { try Data(contentsOf: folder.appendingPathComponent("rows/row-1-seed-4/log.jsonl")) }
      let first = try log()
      #expect(String(decoding: first, as: UTF8.self).contains("similarity_regulator") == false)
      // What is finished is measured again, not trained again.
      let again = try CommandRun(["ablate", table.path])
      #expect(again.status == 0 && again.output == run.output, "\(again.output)\(again.errors)")
      #expect(try log() == first)
    }
  }

  @Test(arguments: [
    ("recipe: recipe.yaml\noutput: rows\nrows: []", "at least one row"),
    ("recipe: recipe.yaml\noutput: rows\nseeds: []\nrows: [{name: a}]", "at least one seed"),
    ("recipe: recipe.yaml\noutput: rows\nrows: [{name: a}, {name: a}]", "different names"),
    ("recipe: recipe.yaml\noutput: rows\nrows: [{name: a, sett: []}]", "set"),
    ("recipe: recipe.yaml\noutput: rows\nrows: [{name: a, set: [\"stages[0].epoch=1\"]}]", "epochs"),
    ("recipe: bare.yaml\noutput: rows\nrows: [{name: a}]", "has no `validation`"),
  ]) func aWrongTableIsRefusedBeforeTraining(_ text: String, _ expected: String) throws {
    try withRun { folder, _ in
      let table = folder.appendingPathComponent("table.yaml")
      try Data(text.utf8).write(to: table)
      let bare = Self.recipe.replacing("validation: {captions: captions.txt, images: images}\n", with: "")
      try Data(bare.utf8).write(to: folder.appendingPathComponent("bare.yaml"))
      let run = try CommandRun(["ablate", table.path])
      #expect(run.status == 1 && run.errors.contains(expected), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("rows").path))
    }
  }

  @Test func aImagesCaptionsCanStandForItsTeacher() throws {
    try withRun { folder, recipe in
      let text = """
        output: run
        threads: 1
        model: {pretrained: student}
        teacher: {model: \(ScoreTests.tinyModel), image_embeddings: captions}
        image_cache: {megabytes: 0}
        data:
          pairs: {captions: captions.txt, images: images}
        stages:
          - {name: image, train: image, epochs: 1, batch_size: 12, learning_rate: 1e-3, losses: {image: {cosine: 1}}}
        """
      try Data(text.utf8).write(to: recipe)
      let run = try CommandRun(["distill", recipe.path], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let logged = try #require(try log(folder).first?.firstMatch(of: /"image_cosine": ([0-9.]+)/)?.1)

      let student = try CLIPEmbedder(opening: folder.appendingPathComponent("student"))
      let teacher = try CLIPEmbedder(opening: URL(fileURLWithPath: ScoreTests.tinyModel))
      let texts = try teacher.embedTexts(Self.names).embeddings
      var expected = 0.0
      for index in 0..<12 {
        let image = try student.embedImages(at: [folder.appendingPathComponent("images/\(index).jpg")])[0]
        // Unit rows: the mean's length does not matter to a cosine.
        let sum = zip(texts[index % 6], texts[(index + 1) % 6]).map { $0 + $1 }
        let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        expected += 1 - Double(zip(image, sum).reduce(0) { $0 + $1.0 * $1.1 } / length)
      }
      let loss = try #require(Double(logged))
      #expect(abs(loss - expected / 12) < 1e-4, "\(loss), and \(expected / 12) by the engine")
    }
  }

  @Test func aKilledRunGoesOnToTheSameLosses() throws {
    try withRun { folder, recipe in
      let whole = try CommandRun(["distill", recipe.path, "--set", "output=whole"], in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      let expected = try log(moved(folder, "whole"))
      let weights = try Data(contentsOf: folder.appendingPathComponent("run/model/model.safetensors"))
      try FileManager.default.removeItem(at: folder.appendingPathComponent("run"))
      // Killed when it has logged a line, then some more, until it has come to its end.
      let (kills, status) = try KilledRuns.run(
        CommandRun.executable, ["distill", recipe.path], in: folder,
        log: folder.appendingPathComponent("run/log.jsonl"), killingAt: { 1 + 5 * ($0 - 1) })
      #expect(status == 0)
      #expect(kills > 0)
      #expect(try log(folder) == expected)
      #expect(try Data(contentsOf: folder.appendingPathComponent("run/model/model.safetensors")) == weights)
    }
  }

  /// Puts a run's folder where ``log(_:)`` looks.
  private func moved(_ folder: URL, _ name: String) throws -> URL {
    try FileManager.default.moveItem(
      at: folder.appendingPathComponent(name), to: folder.appendingPathComponent("run"))
    return folder
  }

  @Test(arguments: [
    ("stages[0].losses.image.l2=1", "l1"), ("stages[0].epochs=soon", "a whole number"),
    ("stages[0].learning_rat=1", "learning_rate"), ("stages[0].lr=1", "it is called \"learning_rate\""),
    ("stages[0].train=images", "image"),
    ("data.pairs.images=nowhere", "nowhere"),
    ("stages[0].freeze=nothing", "begins no parameter"), ("teacher.model=gone", "gone"),
    ("stages[1].captions=all", "image tower alone"), ("image_cache.edge=16", "image_cache.edge"),
  ])
  func whatIsWrongInARecipeIsNamed(_ setting: String, _ part: String) throws {
    try withRun { folder, recipe in
      let command = ["distill", recipe.path, "--set", "stages[0].image_size=32", "--set", setting]
      let run = try CommandRun(command, in: folder)
      #expect(run.isOneSentence(about: part), "\(run.errors)")
      // Before anything is begun.
      let plan = try CommandRun(command + ["--dry-run"], in: folder)
      #expect(plan.isOneSentence(about: part) && plan.errors == run.errors, "\(plan.output)\(plan.errors)")
    }
  }

  @Test(arguments: [
    (["validation.captions=gone.txt"], "gone.txt"), (["validation.judgements=gone.jsonl"], "gone.jsonl"),
    (
      [
        "stages[0].train=text", "stages[0].losses={text: {l1: 1}}",
        "stages[2].losses={contrastive: {weight: 1}}",
      ]
        + ["teacher={texts: texts.txt, text_embeddings: gone.npy}"], "gone.npy"
    ),
  ])
  func thePlanOpensWhatTheRunOpensLater(_ settings: [String], _ part: String) throws {
    try withRun { folder, recipe in
      try Data("a cat\n".utf8).write(to: folder.appendingPathComponent("texts.txt"))
      let all = settings.flatMap { ["--set", $0] }
      let plan = try CommandRun(["distill", recipe.path, "--dry-run"] + all, in: folder)
      #expect(plan.isOneSentence(about: part), "\(plan.output)\(plan.errors)")
    }
  }

  @Test func thePlanOfATableFindsWhatCannotBeMeasured() throws {
    try withRun { folder, recipe in
      let table = folder.appendingPathComponent("table.yaml")
      let text = "recipe: recipe.yaml\noutput: rows\nrows: [{name: whole, set: [validation=null]}]\n"
      try Data(text.utf8).write(to: table)
      let plan = try CommandRun(["ablate", table.path, "--dry-run"])
      #expect(plan.isOneSentence(about: "has no `validation`"), "\(plan.output)\(plan.errors)")
    }
  }

  @Test func whatIsWrongInASettingNamesTheSetting() throws {
    try withRun { folder, recipe in
      let run = try CommandRun(["distill", recipe.path, "--set", "stages[0].epochs=soon"], in: folder)
      #expect(
        run.errors
          == "plumb: --set stages[0].epochs=soon: stages[0].epochs should be a whole number from 1 to 100000, "
          + "found soon. Correct it.\n", "\(run.errors)")
    }
  }

  @Test func aLossThatIsNoNumberStopsTheRunAndKeepsTheLastState() throws {
    try withRun { folder, recipe in
      // Each step multiplies the weights by about −10⁴.
      let settings = ["stages[0].learning_rate=100", "stages[0].weight_decay=100", "stages[0].epochs=20"]
      let run = try CommandRun(["distill", recipe.path] + settings.flatMap { ["--set", $0] }, in: folder)
      // The lines above it are the progress.
      let last = run.errors.split(separator: "\n").last ?? ""
      #expect(
        run.status == 1 && last.hasPrefix("plumb: ") && last.contains("last good state"), "\(run.errors)")
      #expect(last.contains("batch"), "\(run.errors)")
    }
  }

  @Test func aStudentOfAnotherWidthThanItsTeacherIsRefused() throws {
    try withRun { folder, recipe in
      let other = CommandRun.package.appendingPathComponent("Tests/CLIPTests/Fixtures/checkpoint/huggingface")
        .path
      let run = try CommandRun(["distill", recipe.path, "--set", "teacher.model=\(other)"], in: folder)
      #expect(run.isOneSentence(about: "choose a student of the same embedding dimension"), "\(run.errors)")
    }
  }

  @Test func brokenImagesAreSkippedUpToAShare() throws {
    try withRun { folder, recipe in
      try Data("no image".utf8).write(to: folder.appendingPathComponent("images/3.jpg"))
      let refused = try CommandRun(["distill", recipe.path], in: folder)
      #expect(refused.status == 1 && refused.errors.contains("3.jpg"), "\(refused.errors)")
      try FileManager.default.removeItem(at: folder.appendingPathComponent("run"))
      let settings = ["--set", "max_skipped_fraction=0.2", "--set", "validation.split=split.txt"]
      try Data("0.jpg\n1.jpg\n".utf8).write(to: folder.appendingPathComponent("split.txt"))
      let run = try CommandRun(["distill", recipe.path] + settings, in: folder)
      #expect(run.status == 0, "\(run.errors)")
    }
  }

  @Test func batchesThatAreFewerThanAStepsAreAStepAndNoneOfTheNextStages() throws {
    try withRun { folder, recipe in
      let text = """
        output: run
        threads: 1
        model: {pretrained: student}
        teacher: {model: \(ScoreTests.tinyModel)}
        data: {pairs: {captions: captions.txt, images: images}}
        stages:
          - {name: first, train: both, epochs: 1, batch_size: 4, learning_rate: 0, losses: {contrastive: {weight: 1}}}
          - {name: second, train: both, epochs: 1, batch_size: 4, learning_rate: 1e-3, losses: {contrastive: {weight: 1}}}
        """
      try Data(text.utf8).write(to: recipe)
      /// The losses of both stages where so many batches of the first are a step; it moves nothing.
      func losses(_ accumulated: Int) throws -> [[Double]] {
        let output = "run\(accumulated)"
        let settings = [
          "--set", "output=\(output)", "--set", "stages[0].grad_accumulation_steps=\(accumulated)",
        ]
        let run = try CommandRun(["distill", recipe.path] + settings, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let lines = try String(
          contentsOf: folder.appendingPathComponent("\(output)/log.jsonl"), encoding: .utf8)
        let entries = try lines.split(separator: "\n").map { try json(String($0)) }
        return (0..<2).map { stage in
          entries.filter { $0["stage_number"] as? Int == stage }.compactMap { $0["loss"] as? Double }
        }
      }
      let (one, two, three, five) = (try losses(1), try losses(2), try losses(3), try losses(5))
      #expect(one[0].count == 3 && two[0].count == 2 && three[0].count == 1 && five[0].count == 1)
      #expect(abs(two[0][1] - one[0][2]) < 1e-6, "the mean of the one batch that is left")
      #expect(abs(three[0][0] - one[0].reduce(0, +) / 3) < 1e-6)
      #expect(abs(five[0][0] - three[0][0]) < 1e-6)
      #expect(one[1].count == 3)
      for other in [two, three, five] { #expect(other[1] == one[1]) }
    }
  }

  @Test func withoutATerminalAStageHasSeveralLines() throws {
    try withRun { folder, recipe in
      let run = try CommandRun(["distill", recipe.path], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      for stage in ["image", "text", "joint"] {
        let lines = run.errors.split(separator: "\n").filter { $0.hasPrefix("plumb: \(stage), epoch ") }
        #expect(
          lines.count >= 2 && lines[0].contains(", loss ") && lines[0].contains(" step 1 of 6"),
          "\(run.errors)")
        #expect(lines.last?.contains("step 6 of 6") == true, "\(run.errors)")
      }
      #expect(!run.errors.contains("\u{1B}") && !run.errors.contains("\r"))
    }
  }

  @Test func aStateOfTheModelThatIsReadIsNoOutput() throws {
    try withRun { folder, recipe in
      let first = try CommandRun(["distill", recipe.path, "--set", "stages[0].epochs=1"], in: folder)
      #expect(first.status == 0, "\(first.errors)")
      let over = try CommandRun(["distill", recipe.path, "--set", "model.pretrained=run/model"], in: folder)
      #expect(over.isOneSentence(about: "write elsewhere"), "\(over.errors)")
    }
  }

  /// The torchrun of the torch that is set up, which `plumb torch setup` installs.
  private static let torchrun = (try? TorchRecord(in: TorchInstallation.folder)).map {
    // Above lib/python3.11/site-packages/torch.
    URL(fileURLWithPath: "\($0.torch)/../../../../bin/torchrun").standardizedFileURL.path
  }
  private static let hasTorchrun =
    torchrun.map(FileManager.default.isExecutableFile(atPath:)) == true
    && (try? Torch(threads: 1).hasGloo) == true

  @Test(.enabled(if: hasTorchrun, "there is no torchrun beside torch, or the bridge is built without gloo"))
  func severalProcessesAreStartedByTheInstalledTorchrun() throws {
    let torchrun = try #require(Self.torchrun)
    try withRun { folder, recipe in
      let run = try ProgramRun(
        torchrun,
        [
          "--nproc-per-node", "2", "--master-port", "\(try FreePort.find())", "--no-python",
          CommandRun.executable.path, "distill", recipe.path,
        ], in: folder)
      #expect(run.status == 0, "\(run.text)")
      #expect(try log(folder).count == 25)
    }
  }

  @Test func captionsAreListedForAnotherTextEncoder() throws {
    try withRun { folder, recipe in
      let run = try CommandRun(["distill", recipe.path, "--write-texts", "texts.txt"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let lines = try String(contentsOf: folder.appendingPathComponent("texts.txt"), encoding: .utf8)
        .split(separator: "\n").map(String.init)
      #expect(Set(lines) == Set(Self.names) && lines.count == Self.names.count)
      let plan = try CommandRun(["distill", recipe.path, "--dry-run"], in: folder)
      #expect(plan.status == 0 && plan.output.contains("12 items, 24 captions"), "\(plan.output)")
    }
  }

  @Test func anotherRecipeIsRefusedInTheSameFolder() throws {
    try withRun { folder, recipe in
      let first = try CommandRun(["distill", recipe.path, "--set", "stages[0].epochs=1"], in: folder)
      #expect(first.status == 0, "\(first.errors)")
      let other = try CommandRun(["distill", recipe.path, "--set", "stages[0].epochs=2"], in: folder)
      #expect(
        other.isOneSentence(about: "state of another run: stages[0].epochs was 1 and is 2 now"),
        "\(other.errors)")
    }
  }
}
