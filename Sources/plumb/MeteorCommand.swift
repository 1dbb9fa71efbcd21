import ArgumentParser
import CaptionMetrics
import Foundation

/// `plumb meteor`.
struct MeteorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "meteor",
    abstract: "Install METEOR's tables, or tell what is installed.",
    subcommands: [MeteorInstall.self, MeteorShow.self])
}

/// `plumb meteor install`.
struct MeteorInstall: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install",
    abstract: "Make METEOR's tables from its own files, once.",
    discussion: """
        plumb meteor install
        plumb meteor install --from pycocoevalcap-1.2-py3-none-any.whl

      The tables (synonyms, paraphrases, function words) are METEOR's and WordNet's own, under their licences. \
      Without --from, the user's pip fetches pycocoevalcap 1.2, which carries them; nothing of it is installed or run.
      """)

  @Option(
    help: ArgumentHelp(
      "The wheel of pycocoevalcap, a folder with its files, or meteor-1.5.jar.", valueName: "path"))
  var from: String?

  func run() throws {
    let place = METEORTable.installedFile
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    if let from {
      try METEORSource(URL(fileURLWithPath: from)).install(at: place)
    } else {
      try fetched { try METEORSource($0).install(at: place) }
    }
    try Output.line(METEORTable(contentsOf: place).summary)
  }

  /// Calls `body` with the wheel that pip has fetched into a folder of its own, which goes afterwards.
  private func fetched(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("plumb-meteor-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    Output.note("fetching pycocoevalcap 1.2 with pip (104 MB)")
    let pip = Process()
    pip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    pip.arguments = [
      "python3", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest",
      folder.path,
      "pycocoevalcap==1.2",
    ]
    let errors = Pipe()
    pip.standardError = errors
    pip.standardOutput = FileHandle.nullDevice
    do { try pip.run() } catch { throw METEORError.downloadFailed(reason: "python3 cannot be started") }
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    pip.waitUntilExit()
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    guard pip.terminationStatus == 0, let wheel = files.first(where: { $0.pathExtension == "whl" }) else {
      let line = said.split(separator: "\n").last.map(String.init)
      throw METEORError.downloadFailed(reason: line ?? "status \(pip.terminationStatus)")
    }
    try body(wheel)
  }
}

/// `plumb meteor show`.
struct MeteorShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Tell which of METEOR's tables are installed.")

  func run() throws { try Output.line(METEORTable(contentsOf: METEORTable.installedFile).summary) }
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
}
