import CaptionMetrics
import Foundation
import JSON
import TestSupport
import Testing

/// Needs METEOR's own tables, which `bin/test` has made where pip can fetch them.
@Suite(.enabled(if: METEORTable.areInstalled, "METEOR's tables are not installed"))
struct METEORTests {
  @Test(arguments: [1, 3])
  func scoresAreThoseOfTheJar(_ threads: Int) throws {
    let file = TestData.fixtures().appendingPathComponent("meteor.json")
    let golden = try #require(try JSONValue(parsing: Data(contentsOf: file)).object)
    let items = try #require(golden["items"]?.array).map { try #require($0.object) }
    let meteor = METEOR(table: try METEORTable(contentsOf: METEORTable.installedFile), threads: threads)
    let (result, _) = meteor.score(
      words: items.map { $0["candidate"]?.string ?? "" },
      references: items.map { $0["references"]?.array?.compactMap(\.string) ?? [] })
    for (index, item) in items.enumerated() {
      let expected = try #require(item["score"]?.number)
      let text = item["candidate"]?.string ?? ""
      #expect(abs(result.perItem[index] - expected) < 1e-9, "\(index): \(text)")
    }
    #expect(abs(result.corpus - (try #require(golden["corpus"]?.number))) < 1e-9)
  }

  @Test(.enabled(if: TestData.shared != nil, "PLUMB_TEST_DATA is not set"))
  func theExpertsAgreeWithItAsPublished() throws {
    let folder = try #require(TestData.shared).appendingPathComponent("flickr8k")
    var evaluation = JudgementEvaluation(metrics: [.meteor])
    evaluation.bootstrap = Bootstrap(seed: 3, resamples: 10)
    let report = try evaluation.report(
      on: JudgementSet(.flickr8kExpert, in: folder), provenance: Provenance(version: "test"))
    let meteor = try #require(report.metrics.first)
    #expect(String(format: "%.2f", try #require(report.leadingValue(of: meteor)) * 100) == "41.82")
  }

  @Test func aDamagedTableIsOneSentence() throws {
    let sound = try Data(contentsOf: METEORTable.installedFile, options: .mappedIfSafe)
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("tables")
      for count in [0, 7, 64, 4096, 1 << 20] {
        try sound.prefix(count).write(to: file)
        #expect(throws: METEORError.self) { try METEORTable(contentsOf: file) }
      }
      var bytes = Data(sound.prefix(1 << 20))
      bytes[100] ^= 0xFF
      try bytes.write(to: file)
      #expect(throws: METEORError.self) { try METEORTable(contentsOf: file) }
    }
  }
}
