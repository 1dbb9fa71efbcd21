import CLIP
public import Files
public import Foundation

/// What every recipe of a training run begins with: where it is written, and what it is computed with.
public struct RunHeader: Sendable, Equatable {
  /// The folder of the run.
  public var output: URL
  /// The random seed.
  public var seed: UInt64
  /// `cpu`, `cuda` or `cuda:N`.
  public var device: String
  /// Threads, nil for all.
  public var threads: Int?
  /// Whether products are computed in bfloat16, where the device multiplies such numbers.
  public var isMixed: Bool

  /// Creates a header.
  public init(
    output: URL, seed: UInt64 = 0, device: String = "cpu", threads: Int? = nil, isMixed: Bool = false
  ) {
    self.output = output
    self.seed = seed
    self.device = device
    self.threads = threads
    self.isMixed = isMixed
  }

  /// Reads it among the keys of a recipe. Throws ``RecipeError``.
  public init(_ keys: RecipeKeys) throws {
    output = try keys.url("output")
    seed = UInt64(try keys.int("seed", in: 0...Int.max, default: 0))
    device = try keys.string("device", default: "cpu")
    threads = try keys.optional("threads")?.int(in: 1...1024)
    isMixed = try keys.bool("mixed_precision", default: false)
  }

  /// Adds what changes the outcome: not the place, the device or the threads.
  public func describe(in run: inout RunDescription) {
    run.add("seed", seed, default: 0)
    run.add("mixed_precision", isMixed, default: false)
  }

  /// Names what a run replaces in its folder, so that nothing that it reads lies there.
  ///
  /// - Parameters:
  ///   - folders: what it replaces beside the state, the log and the models.
  ///   - files: the same of files.
  public func addOutputs(folders: [String] = [], files: [String] = [], to check: inout OutputCheck) {
    for name in ["state.safetensors", "log.jsonl"] + files {
      check.write(output.appendingPathComponent(name))
    }
    for name in ["best", "model"] + folders {
      check.replaceFolder(output.appendingPathComponent(name, isDirectory: true))
    }
  }
}

/// A recipe of a training run.
public protocol TrainingRecipe: Sendable {
  /// What it begins with.
  var header: RunHeader { get set }
}

extension TrainingRecipe {
  /// The folder of the run.
  public var output: URL {
    get { header.output }
    set { header.output = newValue }
  }
  /// The random seed.
  public var seed: UInt64 {
    get { header.seed }
    set { header.seed = newValue }
  }
  /// Threads, nil for all.
  public var threads: Int? { header.threads }
}

extension OutputCheck {
  /// Names a model that is read, as `--model` takes it; one that is not there is told of when it is opened.
  public mutating func readModel(_ name: String) {
    if let url = try? ModelLocator.resolve(name) { read(url) }
  }
}
