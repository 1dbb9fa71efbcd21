import Foundation
import JSON
import TestSupport
import Testing

/// A dozen images with captions, recipes of `plumb caption` for them with a tiny encoder, and what runs leave.
enum CaptionRun {
  private static let subjects = ["a cat", "a dog", "two cats", "a small dog", "a red car", "the old house"]
  private static let places = ["on the grass", "in a room", "near a tree"]

  /// Calls `body` with a folder of `images`, `captions.txt`, `train.yaml` and `tune.yaml`.
  static func withFolder(_ body: (_ folder: URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      try CommandRun.copyExampleImages(12, into: folder.appendingPathComponent("images", isDirectory: true))
      var captions = ""
      for index in 0..<12 {
        for number in 0..<3 {
          let text = "\(subjects[(index + number) % 6]) sits \(places[(index * number) % 3])"
          captions += "\(index).jpg#\(number)\t\(text) .\n"
        }
      }
      try Data(captions.utf8).write(to: folder.appendingPathComponent("captions.txt"))
      try Data(training.utf8).write(to: folder.appendingPathComponent("train.yaml"))
      try Data(tuning.utf8).write(to: folder.appendingPathComponent("tune.yaml"))
      try body(folder)
    }
  }

  /// Trains a captioner in three short epochs.
  static let training = """
    output: run
    threads: 1
    seed: 3
    encoder: \(ScoreTests.tinyModel)
    data: {captions: captions.txt, images: images}
    validation: {captions: captions.txt, images: images}
    views: 2
    augment: {flip: 1}
    decoder: {hidden_size: 32, num_hidden_layers: 2, sharing: 2, num_attention_heads: 4, dropout: 0.1}
    min_word_count: 2
    max_length: 12
    captions_per_image: 2
    train: {epochs: 3, batch_size: 4, learning_rate: 3e-3, warmup_ratio: 0.2, ema_decay: 0.5, save_every_seconds: 0}
    """

  /// Tunes it in six steps.
  static let tuning = """
    output: tuned
    threads: 1
    seed: 3
    captioner: run/model
    data: {captions: captions.txt, images: images}
    validation: {captions: captions.txt, images: images}
    reward: 2*lclip + 1*cider
    reward_model: \(ScoreTests.tinyModel)
    samples: 3
    temperature: 0.8
    dropout: 0.1
    feature_dropout: 0.2
    views: 2
    augment: {flip: 1}
    judge: {metric: rouge, max_drop: 1}
    train: {epochs: 2, batch_size: 4, learning_rate: 1e-3, validate_every_steps: 2, save_every_seconds: 0}
    """

  /// Trains a captioner that says "a dog sits on the grass", in `good/model`.
  static func trainWell(in folder: URL) throws {
    let settings = ["output=good", "train.epochs=40", "decoder.dropout=0", "views=1", "augment={}"]
    let run = try CommandRun(["caption", "train", "train.yaml"] + set(settings), in: folder)
    #expect(run.status == 0, "\(run.errors)")
  }

  /// Tunes the captioner of ``trainWell(in:)`` by one step over all images.
  static func tuneOneStep(
    _ settings: [String], in folder: URL, environment: [String: String] = [:]
  ) throws -> CommandRun {
    let step = ["captioner=good/model", "views=1", "augment={}", "train.epochs=1", "train.batch_size=12"]
    return try CommandRun(
      ["caption", "tune", "tune.yaml"] + set(step + settings), in: folder, environment: environment)
  }

  /// The arguments that change a recipe.
  static func set(_ settings: [String]) -> [String] { settings.flatMap { ["--set", $0] } }

  /// The lines of a run's log without times.
  static func log(_ folder: URL, _ run: String) throws -> [String] {
    try String(contentsOf: folder.appendingPathComponent("\(run)/log.jsonl"), encoding: .utf8)
      .split(separator: "\n").map {
        String($0).replacing(/, "(sampling_|reward_)?seconds": [^,}]*/, with: "")
      }
  }

  /// The values of a name in a run's log, in the order of its lines.
  static func values(_ name: String, _ folder: URL, _ run: String) throws -> [Double] {
    try log(folder, run).compactMap { try JSONValue(parsing: $0.utf8).object?[name]?.number }
  }

  /// The weights that a run has written.
  static func weights(_ folder: URL, _ run: String) throws -> Data {
    try Data(contentsOf: folder.appendingPathComponent("\(run)/model/model.safetensors"))
  }
}
