import ArgumentParser
import CaptionData
import Files
import Foundation
import JSON
import Sharding

/// `plumb filter`.
struct FilterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filter",
    abstract: "Choose pairs of scored shards by their score, and of equal images one.",
    discussion: """
        plumb filter scores --min-score 0.7 --output good
        plumb filter scores --top-fraction 0.3 --dedup --output best
        plumb filter scores --top-fraction 0.3 --shards 'data/{00000..00099}.tar' --output kept

      Reads what plumb score --shards wrote, and writes a list of the pairs that are kept, kept/00000.jsonl, for each shard, \
      and report.json with the counts and thresholds. With --shards, new archives, kept/00000.tar, hold the members of those \
      pairs, byte for byte. Nothing is deleted.

      The share of --top-fraction is of all scored pairs; of equal scores the earlier pairs are kept. --dedup keeps the first \
      of the pairs with the same image, to the byte, among those that the scores keep.
      """)

  @Argument(help: ArgumentHelp("Folders that plumb score --shards has written.", valueName: "scores"))
  var folders: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Folder to write the lists, new archives and the report to.", valueName: "folder"))
  var output: String

  @Option(help: ArgumentHelp("Keep pairs with at least this score.", valueName: "score"))
  var minScore: Double?

  @Option(
    help: ArgumentHelp(
      "Keep this share of the scored pairs, those with the highest scores.", valueName: "0…1"))
  var topFraction: Double?

  @Flag(help: "Of pairs with the same image, keep the first.")
  var dedup = false

  @OptionGroup(title: "New archives")
  var shards: ShardOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard !folders.isEmpty else { throw ValidationError("Missing expected argument '<scores> ...'") }
    guard minScore != nil || topFraction != nil || dedup else {
      throw ValidationError(
        "Say which pairs to keep: --min-score, --top-fraction, --dedup, or several of these.")
    }
    if let minScore, !minScore.isFinite { throw ValidationError("--min-score must be a number.") }
    if let topFraction, !(0...1).contains(topFraction) {
      throw ValidationError("--top-fraction must be from 0 to 1.")
    }
  }

  func run() throws {
    let archives = shards.areGiven ? try ShardList(shards.shards).shards : []
    let output = URL(fileURLWithPath: self.output)
    var check = OutputCheck()
    for archive in archives {
      check.read(archive.url)
      check.write(output.appendingPathComponent("\(archive.name).tar"))
    }
    for folder in folders {
      check.read(URL(fileURLWithPath: folder))
      check.read(URL(fileURLWithPath: folder).appendingPathComponent("run.json"))
    }
    check.write(output.appendingPathComponent("run.json"))
    check.replaceFolder(output)
    try check.validate()
    Interruption.message = "stopped; what is written is kept, and the same command goes on"
    let line = ProgressLine()
    let report = try FilteredRun(
      PairFilter(minimumScore: minScore, topFraction: topFraction, removesDuplicates: dedup),
      of: ScoredShards(folders.map { URL(fileURLWithPath: $0) }), output: output
    ).run(archives: archives, part: shards.shard ?? .whole) { line.update("shards", $0, of: $1) }
    line.clear()
    if json { return try Output.line(report.json.text(isIndented: true)) }
    let counts = report.counts
    var parts = ["\(counts.kept) of \(counted(counts.pairs, "pair")) kept"]
    for (count, what) in [
      (counts.belowMinimum, "below --min-score"), (counts.belowTop, "below --top-fraction"),
      (counts.duplicates, "with an image that was kept before"), (counts.failed, "without a score"),
    ] where count > 0 { parts.append("\(count) \(what)") }
    try Output.line("\(self.output): \(parts.joined(separator: ", "))")
  }
}
