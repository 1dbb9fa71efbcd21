import ArgumentParser
import CaptionMetrics
import Files
import Foundation
import JSON

/// `plumb meteor`.
struct MeteorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "meteor",
    abstract: "Install METEOR's tables, or show what is installed.",
    subcommands: [MeteorInstall.self, MeteorShow.self])
}

/// `plumb meteor install`.
struct MeteorInstall: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install",
    abstract: "Build METEOR's tables from its published files; needed once.",
    discussion: """
        plumb meteor install
        plumb meteor install --from pycocoevalcap-1.2-py3-none-any.whl

      The tables (synonyms, paraphrases, function words) are METEOR's and WordNet's own, under their licences. \
      Without --from, pip downloads pycocoevalcap 1.2, which contains them; nothing of it is installed or run. \
      They are one file, plumb/meteor-1.5-en.tables in your data folder, or the file that PLUMB_METEOR names.
      """)

  @Option(
    help: ArgumentHelp(
      "Wheel of pycocoevalcap, a folder with its files, or meteor-1.5.jar.", valueName: "path"))
  var from: String?

  func run() throws {
    let place = METEORTable.installedFile
    var check = OutputCheck()
    check.reads(from)
    check.write(place)
    try check.validate()
    Interruption.message = "stopped; nothing was installed"
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    if let from {
      try METEORSource(URL(fileURLWithPath: from)).install(at: place)
    } else {
      Output.note("fetching pycocoevalcap 1.2 with pip (104 MB)")
      try METEORDownload.withWheel { try METEORSource($0).install(at: place) }
    }
    try Output.line(METEORTable(contentsOf: place).summary)
  }
}

/// `plumb meteor show`.
struct MeteorShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show which of METEOR's tables are installed.")

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let table = try METEORTable(contentsOf: METEORTable.installedFile)
    try Output.line(json ? table.json() : table.summary)
  }
}

extension METEORTable {
  /// What is in the file, for people.
  fileprivate var summary: String {
    """
    METEOR 1.5, English: \(url.path)
      made from    \(source)
      sha256       \(checksum)
      words        \(wordCount)
      synonyms     \(synonymCount)
      paraphrases  \(paraphraseCount)
    """
  }

  /// The same as JSON.
  fileprivate func json() throws -> String {
    try JSONValue.object([
      .init("file", .string(url.path)), .init("source", .string(source)), .init("sha256", .string(checksum)),
      .init("words", .integer(wordCount)), .init("synonyms", .integer(synonymCount)),
      .init("paraphrases", .integer(paraphraseCount)),
    ]).text()
  }
}
