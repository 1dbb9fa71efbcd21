import CLIP
import Files
import Foundation
import JSON

/// What became of a shard's pairs; its `summary.json`.
public struct ShardSummary: Sendable, Equatable {
  /// The shard's name.
  public var name: String
  /// Its file, as it was named.
  public var file: String
  /// How many bytes the archive has.
  public var byteCount: Int
  /// The pairs in it.
  public var pairs = 0
  /// Those that were embedded or scored.
  public var embedded = 0
  /// The captions that were cut to the model's context.
  public var truncated = 0
  /// The mean cosine of the scored pairs, where there are scores.
  public var meanCosine: Double?
  /// Their mean score.
  public var meanScore: Double?
  /// How long it took.
  public var seconds = 0.0

  /// The pairs that were not embedded; the rows say why.
  public var failed: Int { pairs - embedded }

  init(_ shard: Shard) throws(ShardingError) {
    name = shard.name
    file = shard.url.relativePath
    byteCount = try shard.byteCount()
  }

  /// Reads that of a finished shard.
  ///
  /// - Throws: ``ShardingError/damagedOutput(file:problem:)``.
  init(finished place: URL) throws {
    let url = place.appendingPathComponent(ShardFolder.File.summary)
    let object = (try? Data(contentsOf: url)).flatMap { try? JSONValue(parsing: $0) }?.object ?? [:]
    guard let file = object["shard"]?.string, let byteCount = object["bytes"]?.integer,
      let pairs = object["pairs"]?.integer, let embedded = object["embedded"]?.integer,
      // Sums over all shards stay numbers.
      (0..<1 << 40).contains(pairs), (0...pairs).contains(embedded)
    else {
      throw ShardingError.damagedOutput(file: url.relativePath, problem: "it is no summary of a shard")
    }
    name = place.lastPathComponent
    self.file = file
    self.byteCount = byteCount
    self.pairs = pairs
    self.embedded = embedded
    truncated = object["truncated"]?.integer.map { min(max(0, $0), pairs) } ?? 0
    meanCosine = object["mean_cosine"]?.number
    meanScore = object["mean_score"]?.number
    seconds = object["seconds"]?.number ?? 0
  }

  /// The file's text.
  func json(_ settings: RunSettings, model: ModelProvenance) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("shard", .string(file)), .init("bytes", .integer(byteCount)), .init("pairs", .integer(pairs)),
      .init("embedded", .integer(embedded)), .init("failed", .integer(failed)),
      .init("truncated", .integer(truncated)),
    ]
    if let meanCosine { members.append(.init("mean_cosine", .number(meanCosine))) }
    if let meanScore { members.append(.init("mean_score", .number(meanScore))) }
    members += [
      .init("seconds", .number(seconds)), .init("settings", .object(settings.members)),
      .init("made_with", model.json),
    ]
    return .object(members)
  }
}
