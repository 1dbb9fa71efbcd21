import CLIP
import Files
public import Foundation
public import Training

/// The images and captions of a run that trains a captioner, and how their features are made: what every such recipe has.
public struct CaptionSources: Sendable, Equatable {
  /// Images with captions.
  public struct Captions: Sendable, Equatable {
    /// The captions, in any layout that `TrainingSet.captions` reads.
    public var captions: URL
    /// The folder of the images.
    public var images: URL
    /// The names of the images that count, or the name of a split.
    public var split: URL?
  }

  /// What a finished captioner is measured on.
  public struct Test: Sendable, Equatable {
    /// Images with references.
    public var data: Captions
    /// The models of CLIPScore and RefCLIPScore: what `--model` takes.
    public var models: [String]
  }

  /// The training data.
  public var data: [Captions]
  /// The validation data.
  public var validation: Captions
  /// What a finished captioner is measured on; nil for nothing.
  public var test: Test?
  /// The largest share of images that may be missing or unreadable; they are skipped and counted.
  public var maxSkippedFraction: Double
  /// The views of an image whose features are computed; 1 for the image as the encoder takes it.
  public var views: Int
  /// What makes the other views differ.
  public var augmentation: Augmentation
  /// How captions are generated for validation.
  public var generation: GenerationOptions
  /// Where features and embeddings are cached; nil for a folder in the output.
  public var cache: URL?

  init(_ keys: RecipeKeys) throws {
    data = try keys.node("data").listOrOne().map(Captions.init)
    guard !data.isEmpty else { throw try keys.node("data").refused("captions and images, or a list of them") }
    validation = try Captions(keys.node("validation"))
    test = try keys.optional("test").map(Test.init)
    maxSkippedFraction = try keys.number("max_skipped_fraction", in: 0...1, default: 0.01)
    views = try keys.int("views", in: 1...64, default: 1)
    augmentation = try keys.optional("augment").map(Augmentation.init) ?? Augmentation()
    if views > 1, augmentation == Augmentation() {
      throw try keys.node("views").refused("1, or `augment` to say what makes the views differ")
    }
    generation = try keys.keys("generation").map(GenerationOptions.init) ?? GenerationOptions()
    cache = try keys.optional("cache")?.url()
  }

  func describe(in run: inout RunDescription) {
    for (index, data) in data.enumerated() { run.section("data[\(index)]") { data.describe(in: &$0) } }
    run.section("validation") { validation.describe(in: &$0) }
    run.add("max_skipped_fraction", maxSkippedFraction, default: 0.01)
    run.add("views", views, default: 1)
    run.add("augment", "\(augmentation)", default: "\(Augmentation())")
    run.section("generation") { generation.describe(in: &$0) }
  }

  /// Names what a run reads.
  func addInputs(to check: inout OutputCheck) {
    for part in data + [validation] + (test.map { [$0.data] } ?? []) { part.addInputs(to: &check) }
  }

  /// The training data. Throws what `TrainingSet` throws.
  func trainingSet() throws -> TrainingSet {
    TrainingSet.joined(try data.map { try $0.set(missingShare: maxSkippedFraction) })
  }

  /// Where features and embeddings are cached by a run with this output.
  func cache(in output: URL) -> URL { cache ?? output.appendingPathComponent("cache", isDirectory: true) }

  /// The test data, its models opened; nil where there is none. Throws what `TrainingSet` and `Checkpoint` throw.
  func testSet() throws -> TrainingSet? {
    for model in test?.models ?? [] { _ = try Checkpoint.open(at: ModelLocator.resolve(model)) }
    return try test?.data.set(missingShare: maxSkippedFraction)
  }

  /// The validation data. Throws what `TrainingSet` throws.
  func validationSet() throws -> TrainingSet { try validation.set(missingShare: maxSkippedFraction) }
}

extension CaptionSources.Captions {
  init(_ node: RecipeNode) throws {
    let keys = try node.keys()
    try self.init(keys)
    try keys.end()
  }

  init(_ keys: RecipeKeys) throws {
    captions = try keys.url("captions")
    images = try keys.url("images")
    split = try keys.optional("split")?.url()
  }

  func describe(in run: inout RunDescription) {
    run.add("captions", captions)
    run.add("images", images)
    run.add("split", split)
  }

  func addInputs(to check: inout OutputCheck) {
    check.read(captions)
    if let split { check.read(split) }
    check.readImages(in: images)
  }

  /// Throws what `TrainingSet` throws.
  func set(missingShare: Double) throws -> TrainingSet {
    try TrainingSet.captions(captions, images: images, split: split, missingShare: missingShare)
  }
}

extension CaptionSources.Test {
  init(_ node: RecipeNode) throws {
    let keys = try node.keys()
    data = try CaptionSources.Captions(keys)
    models = try keys.optional("models")?.listOrOne().map { try $0.modelName() } ?? []
    try keys.end()
  }
}
