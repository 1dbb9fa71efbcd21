public import ArgumentParser
import CaptionData
import Files
import Foundation
import JSON
public import Sharding

extension ShardPart: ExpressibleByArgument {
  /// Reads `i/n`.
  public init?(argument: String) { self.init(argument) }
}

/// Which shards a command works on, and where their outputs go.
struct ShardOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Shards: .tar archives of images with captions, ranges such as 'data/{00000..00099}.tar', and folders of .tar archives.",
      valueName: "tar"))
  var shards: [String] = []

  @Option(
    help: ArgumentHelp(
      "Work on every n-th of the shards only, from the i-th on, so that n processes share them.",
      valueName: "i/n"))
  var shard: ShardPart?

  /// Whether shards were named.
  var areGiven: Bool { !shards.isEmpty }

  func validate() throws {
    if shard != nil, shards.isEmpty { throw ValidationError("--shard i/n needs --shards.") }
  }

  /// The shards that are there, and the part of them that is this process's.
  func list(keepGoing: Bool) throws -> (own: [Shard], missing: [SkippedItem]) {
    let list = try ShardList(shards, keepGoing: keepGoing)
    return ((shard ?? .whole).elements(of: list.shards), list.missing)
  }
}

extension ShardedRun {
  /// Does shards with a line of progress, prints what was done, and ends with status 2 where something was skipped.
  static func print(
    _ shards: (own: [Shard], missing: [SkippedItem]), output: String, json: Bool,
    opening: () throws -> ShardedRun
  ) throws {
    var check = OutputCheck()
    check.write(URL(fileURLWithPath: output))
    try check.validate()
    Interruption.message = "stopped; shards that are finished are kept, and the same command goes on"
    var run = try opening()
    run.keepGoing = run.keepGoing || !shards.missing.isEmpty
    let line = ProgressLine(isLogged: true)
    let began = ContinuousClock.now
    var before = 0
    var last: Shard?
    var lastPairs = 0
    var report = try run.run(shards.own) { shard, number, pairs in
      if shard != last { (last, before, lastPairs) = (shard, before + lastPairs, 0) }
      lastPairs = pairs
      let seconds = (ContinuousClock.now - began) / .seconds(1)
      line.update(
        "shards", number - 1, of: shards.own.count,
        detail: "\(shard.name), \(pairs) pairs, \(Int(Double(before + pairs) / max(seconds, 0.001)))/s")
    }
    line.clear()
    report.add(missing: shards.missing)
    if json {
      try Output.line(report.json.text(isIndented: true))
    } else {
      try Output.line("\(output): \(report.summary)")
    }
    var skipped = report.failed
    if report.failedPairs > 0 {
      skipped.append(
        SkippedItem(
          id: nil,
          reason: "\(counted(report.failedPairs, "pair")) of \(report.pairs); \(output)/*/rows.jsonl say why")
      )
    }
    try Output.end(skipped: skipped, isListed: json)
  }
}

extension ShardedReport {
  /// What was done, in a line.
  fileprivate var summary: String {
    var parts = ["\(counted(made.count, "shard")) done"]
    if !earlier.isEmpty { parts.append("\(earlier.count) done before") }
    if !busy.isEmpty { parts.append("\(busy.count) in work elsewhere") }
    if !failed.isEmpty { parts.append("\(failed.count) failed") }
    parts.append("\(embedded) of \(counted(pairs, "pair"))")
    if let meanScore { parts.append("mean CLIPScore \(fixed(meanScore))") }
    if pairsPerSecond > 0 { parts.append("\(fixed(pairsPerSecond, 1)) pairs/s") }
    return parts.joined(separator: ", ")
  }
}
