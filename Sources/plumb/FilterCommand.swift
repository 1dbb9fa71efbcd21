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
    abstract: "Choose captions, or pairs of scored shards, by their score, and of equal images one.",
    discussion: """
        plumb filter scores.jsonl --min-score 0.7 --output good.jsonl
        plumb filter scores.jsonl --by RefCLIPScore --top-fraction 0.3 --exclude duplicates.txt --output best.jsonl
        plumb filter scores --min-score 0.7 --output good
        plumb filter scores --top-fraction 0.3 --dedup --output best
        plumb filter scores --top-fraction 0.3 --shards 'data/{00000..00099}.tar' --output kept

      Reads a file of plumb score --per-caption, or a CSV or TSV with a line that names the columns, and writes its lines that are \
      kept, byte for byte. --exclude names captions that are not: the list of plumb dedup --list.

      Or reads what plumb score --shards wrote, and writes a list of the pairs that are kept, kept/00000.jsonl, for each shard, \
      and report.json with the counts and thresholds. With --shards, new archives, kept/00000.tar, hold the members of those \
      pairs, byte for byte. Nothing is deleted.

      The share of --top-fraction is of all scored pairs that are not excluded; of equal scores the earlier pairs are kept. --dedup \
      keeps the first of the pairs with the same image, to the byte, among those that the scores keep; near-duplicates are \
      excluded by the list of plumb dedup --list over the archives.
      """)

  @Argument(
    help: ArgumentHelp(
      "Folders that plumb score --shards has written, or a file of captions with scores; - is standard input.",
      valueName: "scores"))
  var folders: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Folder to write the lists, new archives and the report to; for a file of captions, a file.",
      valueName: "path"))
  var output: String

  @Option(help: ArgumentHelp("The score that captions of a file are chosen by.", valueName: "metric"))
  var by = "CLIPScore"

  @Option(
    help: ArgumentHelp(
      "Images that are not kept, one a line: ids or names of files, or members of archives.",
      valueName: "file"))
  var exclude: String?

  @Option(help: ArgumentHelp("Keep pairs with at least this score.", valueName: "score"))
  var minScore: Double?

  @Option(
    help: ArgumentHelp(
      "Keep this share of the scored pairs, those with the highest scores.", valueName: "0…1"))
  var topFraction: Double?

  @Option(
    help: ArgumentHelp(
      "Write the counts and thresholds as JSON, for a file of captions.", valueName: "file.json"))
  var report: String?

  @Flag(help: "Of pairs with the same image, keep the first.")
  var dedup = false

  @OptionGroup(title: "New archives")
  var shards: ShardOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard !folders.isEmpty else { throw ValidationError("Missing expected argument '<scores> ...'") }
    guard minScore != nil || topFraction != nil || dedup || exclude != nil else {
      throw ValidationError(
        "Say which pairs to keep: --min-score, --top-fraction, --dedup, or several of these.")
    }
    if let minScore, !minScore.isFinite { throw ValidationError("--min-score must be a number.") }
    if let topFraction, !(0...1).contains(topFraction) {
      throw ValidationError("--top-fraction must be from 0 to 1.")
    }
  }

  /// Whether the argument is a file of captions: whatever is no folder, a pipe and what is not there too.
  private var isTable: Bool {
    var isFolder: ObjCBool = false
    guard folders.count == 1 else { return folders.contains("-") }
    return !FileManager.default.fileExists(atPath: folders[0], isDirectory: &isFolder) || !isFolder.boolValue
  }

  private func runTable() throws {
    guard folders.count == 1 else {
      throw ValidationError("Standard input is one file of captions; give it alone.")
    }
    guard !dedup, !shards.areGiven else {
      throw ValidationError(
        "\(dedup ? "--dedup" : "--shards") is for shards; for a file of captions, give --exclude the list of plumb dedup --list."
      )
    }
    var check = OutputCheck()
    check.reads(folders[0], exclude)
    check.writes(self.output, report)
    try check.validate()
    // Before the outputs are tried: a file that is missing is told of first.
    let table = try inputFile(folders[0])
    try requireInputs()
    try check.validateAndTryFiles()
    let excluded = try Set(excludedNames())
    let kept = try FilteredTable(
      PairFilter(minimumScore: minScore, topFraction: topFraction), of: table, by: by, excluding: excluded)
    try AtomicFile.write(kept.text, to: outputFile(output))
    if let report { try AtomicFile.write(kept.json.text(isIndented: true) + "\n", to: outputFile(report)) }
    if let exclude, !excluded.isEmpty, kept.excluded == 0 {
      Output.note(
        "nothing is excluded: no name in \(exclude) is the id of a caption, or the name of its image.")
    }
    if json { return try Output.line(kept.json.text(isIndented: true)) }
    try tell(kept.counts, of: "caption", excluded: kept.excluded)
  }

  private func requireInputs() throws {
    if let missing = folders.first(where: { $0 != "-" && !FileManager.default.fileExists(atPath: $0) }) {
      throw FileReadError.notFound(path: missing)
    }
  }

  /// The lines of --exclude.
  private func excludedNames() throws -> [String] {
    guard let exclude else { return [] }
    do {
      let bytes = try TextFile(contentsOf: inputFile(exclude)).bytes
      return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    } catch DatasetError.empty {
      // plumb dedup has found nothing.
      return []
    }
  }

  /// Prints how many were kept, and why others were not.
  private func tell(_ counts: FilterCounts, of noun: String, excluded: Int = 0) throws {
    var parts = ["\(counts.kept) of \(counted(counts.pairs + excluded, noun)) kept"]
    for (count, what) in [
      (excluded, "excluded"), (counts.belowMinimum, "below --min-score"),
      (counts.belowTop, "below --top-fraction"),
      (counts.duplicates, "with an image that was kept before"), (counts.failed, "without a score"),
    ] where count > 0 { parts.append("\(count) \(what)") }
    try Output.line("\(self.output): \(parts.joined(separator: ", "))")
  }

  func run() throws {
    if isTable { return try runTable() }
    if by != "CLIPScore" { throw ValidationError("--by is for a file of captions, not for shards.") }
    if report != nil {
      throw ValidationError("--report is for a file of captions; shards have report.json in --output.")
    }
    try requireInputs()
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
    check.reads(exclude)
    check.write(output.appendingPathComponent("run.json"))
    check.replaceFolder(output)
    try check.validate()
    Interruption.message = "stopped; what is written is kept, and the same command goes on"
    let line = ProgressLine()
    let report = try FilteredRun(
      PairFilter(minimumScore: minScore, topFraction: topFraction, removesDuplicates: dedup),
      of: ScoredShards(folders.map { URL(fileURLWithPath: $0) }), excluding: excludedNames(), output: output
    ).run(archives: archives, part: shards.shard ?? .whole) { line.update("shards", $0, of: $1) }
    line.clear()
    if json { return try Output.line(report.json.text(isIndented: true)) }
    try tell(report.counts, of: "pair", excluded: report.counts.excluded)
  }
}
