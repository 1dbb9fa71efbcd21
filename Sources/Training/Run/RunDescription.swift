import CLIP
public import Foundation

/// What makes a run another run, field by field, so that a saved state is not taken for another run's.
///
/// ```swift
/// var run = RunDescription()
/// run.add("seed", 17, default: 0)
/// run.add("stages[0].learning_rate", 1e-3)
/// run.fingerprint
/// ```
///
/// A field that has its default value is left out: a field that a later version adds does not make the runs of before
/// others. Fields are never renamed, and their defaults never change; where what is described must change, so does
/// ``version``.
public struct RunDescription: Sendable, Equatable {
  /// The version of the rules; states of another one are refused.
  public static let version = 1

  /// A line a field: its name, `=`, its value.
  public private(set) var lines: [String] = []
  private var prefix = ""

  /// Creates a description of nothing.
  public init() {}

  /// Adds a field, but one that has its default value.
  public mutating func add<T: Equatable & CustomStringConvertible>(
    _ name: String, _ value: T, default otherwise: T? = nil
  ) {
    guard value != otherwise else { return }
    let text = value.description.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    lines.append("\(prefix)\(name)=\(text)")
  }

  /// Adds a field that may have no value, which is its default.
  public mutating func add<T: Equatable & CustomStringConvertible>(_ name: String, _ value: T?) {
    if let value { add(name, value) }
  }

  /// Adds a file or a folder by its absolute path.
  public mutating func add(_ name: String, _ url: URL) { add(name, url.standardizedFileURL.path) }

  /// Adds a file or a folder by its absolute path; nil is the default.
  public mutating func add(_ name: String, _ url: URL?) {
    if let url { add(name, url.standardizedFileURL.path) }
  }

  /// Adds fields whose names begin with that of a place.
  public mutating func section(_ name: String, _ body: (inout RunDescription) -> Void) {
    let before = prefix
    prefix += "\(name)."
    body(&self)
    prefix = before
  }

  /// A short mark of the description: FNV-1a, 64 bits.
  public var fingerprint: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "plumb run \(Self.version)\n\(lines.joined(separator: "\n"))".utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return String(hash, radix: 16)
  }

  /// The fields in which the run with these lines is another one, in words; nil where there is none.
  package func differences(from saved: [String]) -> String? {
    let (own, other) = (Self.values(lines), Self.values(saved))
    let names = Self.names(saved + lines).filter { own[$0] != other[$0] }
    guard !names.isEmpty else { return nil }
    let shown = names.prefix(3).map { name in
      // The values of these are hashes, which say nothing to people.
      guard !["start", "encoder", "captioner"].contains(name) else {
        return "the \(name == "start" ? "initial model" : name) is another one"
      }
      let (before, now) = (other[name] ?? "the default", own[name] ?? "the default")
      return "\(name) was \(before) and is \(now) now"
    }
    let rest = names.count - shown.count
    return (shown + (rest > 0 ? ["\(rest) more differ\(rest == 1 ? "s" : "")"] : [])).joined(separator: "; ")
  }

  private static func name(_ line: String) -> String { String(line.prefix { $0 != "=" }) }

  /// The names of fields, each once, in their order.
  private static func names(_ lines: [String]) -> [String] {
    var seen: Set<String> = []
    return lines.map(name).filter { seen.insert($0).inserted }
  }

  /// The values by name; a field that is there several times is a list.
  private static func values(_ lines: [String]) -> [String: String] {
    Dictionary(lines.map { (name($0), String($0.dropFirst(name($0).count + 1))) }) { "\($0), \($1)" }
  }
}

extension TrainingSettings {
  /// Adds what changes the outcome: not the time between saved states, and not what only costs time or memory.
  public func describe(in run: inout RunDescription) {
    run.add("epochs", epochs)
    run.add("batch_size", batchSize)
    run.add("grad_accumulation_steps", gradAccumulationSteps, default: 1)
    run.add("learning_rate", learningRate)
    run.add("warmup_epochs", warmupEpochs, default: 0)
    run.add("warmup_ratio", warmupRatio)
    run.add("schedule", schedule.rawValue, default: "cosine")
    run.add("min_lr_ratio", minLRRatio, default: 0)
    run.add("weight_decay", weightDecay, default: 0.01)
    run.add("grad_clip_norm", gradClipNorm)
    run.add("ema_decay", emaDecay)
    run.add("validate_every_epochs", validateEveryEpochs, default: 1)
    run.add("validate_every_steps", validateEverySteps)
    run.add("early_stopping_patience", earlyStoppingPatience)
    run.add("keep_best", keepsBest, default: true)
  }
}
