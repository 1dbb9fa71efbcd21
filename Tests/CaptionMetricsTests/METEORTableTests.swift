import CaptionMetrics
import Files
import Foundation
import TestSupport
import Testing

@Suite struct METEORTableTests {
  /// Writes our own tables, lets `change` damage them and hands the file on.
  private func withTables(
    _ change: (inout Data) -> Void = { _ in }, body: (URL) throws -> Void
  ) throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("tables")
      try METEORFixtures.builder().write(to: file, source: "words of our own")
      var data = try Data(contentsOf: file)
      change(&data)
      try data.write(to: file)
      try body(file)
    }
  }

  /// Where the sections begin.
  private static let headerSize = 80 + 16 * 15

  private static func setChecksum(_ data: inout Data) {
    guard data.count >= headerSize else { return }
    let sum = data.dropFirst(headerSize).withUnsafeBytes { CRC32.of($0) }
    withUnsafeBytes(of: sum.littleEndian) { data.replaceSubrange(12..<16, with: $0) }
  }

  @Test func saysThatTablesAreMissing() throws {
    let file = URL(fileURLWithPath: "/nowhere/meteor.tables")
    #expect(throws: METEORError.missingTable(path: file.path)) { try METEORTable(contentsOf: file) }
    #expect(METEORError.missingTable(path: file.path).description.contains("plumb meteor install"))
  }

  @Test func refusesOtherFilesAndOtherVersions() throws {
    for text in ["", "short", String(repeating: "no tables at all ", count: 100)] {
      try withTables({ $0 = Data(text.utf8) }) { file in
        #expect(throws: METEORError.damagedTable(path: file.path, reason: "it is not such a file")) {
          try METEORTable(contentsOf: file)
        }
      }
    }
    try withTables({ $0[8] = 9 }) { file in
      #expect(throws: METEORError.unknownVersion(path: file.path, found: 9, known: 1)) {
        try METEORTable(contentsOf: file)
      }
    }
  }

  @Test func findsEveryChangedByte() throws {
    var count = 0
    try withTables { count = try Data(contentsOf: $0).count }
    for index in stride(from: 0, to: count, by: 7) where !(16..<80).contains(index) {
      try withTables({ $0[index] ^= 0x40 }) { file in
        #expect(throws: METEORError.self, "\(index)") { try METEORTable(contentsOf: file) }
      }
    }
    for cut in [8, 50, 200, 400, count - 1] {
      try withTables({ $0 = $0.prefix(cut) }) { file in
        #expect(throws: METEORError.self) { try METEORTable(contentsOf: file) }
      }
    }
  }

  @Test func forgedTablesNeverTrap() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("tables")
      try METEORFixtures.builder().write(to: file, source: "words of our own")
      let good = try Data(contentsOf: file)
      Fuzzing.run(corpus: [good], seed: 51, iterations: 3_000) { input in
        var data = input
        Self.setChecksum(&data)
        try data.write(to: file)
        let metric = METEOR(table: try METEORTable(contentsOf: file))
        _ = metric.score(
          words: ["the pup did set out vs. oxen big"], references: [["a whelp go off of great size no. 5"]])
      }
    }
  }

  @Test func findsItsPlace() {
    func place(_ environment: [String: String]) -> String { METEORTable.installedFile(environment).path }
    #expect(place(["XDG_DATA_HOME": "/d"]) == "/d/plumb/meteor-1.5-en.tables")
    #expect(place(["XDG_DATA_HOME": "d"]).hasSuffix("/.local/share/plumb/meteor-1.5-en.tables"))
    #expect(place(["HOME": "/h"]) == "/h/.local/share/plumb/meteor-1.5-en.tables")
    #expect(place(["XDG_DATA_HOME": "/d", "PLUMB_METEOR": "/x/t"]) == "/x/t")
    #expect(place(["PLUMB_METEOR": ""]) == place([:]))
  }
}
