import CaptionMetrics
import Foundation
import TestSupport
import Testing

@Suite struct METEORSourceTests {
  /// A few words in the layouts of METEOR's own files.
  private struct Parts {
    var functionWords = "the\na\nof\n"
    var prefixes = "# comment\nvs\nno #NUMERIC_ONLY#\n"
    var exceptions = "ox\noxen\ngoose\ngeese\n"
    var synsets = "pup\n3 7\nwhelp\n3\nox\n9\nbull\n9\nice_cream\n4\n"
    var paraphrases = "0.5\nset out\ngo off\n0.25\nbig\nof great size\n"

    var all: [Data] { [functionWords, prefixes, exceptions, synsets, paraphrases].map { Data($0.utf8) } }
  }

  private static func jar(_ texts: [Data]) -> Data {
    let names = [
      "function/english.words", "nonbreaking/english.prefixes", "synonym/english.exceptions",
      "synonym/english.synsets",
    ]
    return ZipBytes.file(zip(names, texts).map { (name: $0, content: $1) })
  }

  private static func wheel(_ jar: Data, _ paraphrases: Data) -> Data {
    ZipBytes.file([
      ("pycocoevalcap/__init__.py", Data()), ("pycocoevalcap/meteor/meteor-1.5.jar", jar),
      ("pycocoevalcap/meteor/data/paraphrase-en.gz", paraphrases),
    ])
  }

  /// Makes tables from a source and scores with them.
  @discardableResult
  private func install(_ source: URL, at target: URL) throws -> METEORTable {
    try METEORSource(source).install(at: target)
    let table = try METEORTable(contentsOf: target)
    _ = METEOR(table: table).score(
      words: ["the pup did set out vs. oxen big"], references: [["a whelp go off of great size no. 5"]])
    return table
  }

  @Test func wheelFolderAndJarGiveTheSameTables() throws {
    try TestData.withTemporaryFolder { folder in
      let parts = Parts().all
      let (jar, paraphrases) = (Self.jar(parts), GzipBytes.file(parts[4]))
      let wheel = folder.appendingPathComponent("x.whl")
      try Self.wheel(jar, paraphrases).write(to: wheel)
      let data = folder.appendingPathComponent("pycocoevalcap/meteor/data")
      try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
      let jarFile = data.deletingLastPathComponent().appendingPathComponent("meteor-1.5.jar")
      try jar.write(to: jarFile)
      try paraphrases.write(to: data.appendingPathComponent("paraphrase-en.gz"))
      let target = folder.appendingPathComponent("tables")
      let sources = [wheel, folder, jarFile]
      let tables = try sources.map { try install($0, at: target) }
      #expect(tables.map(\.source) == sources.map(\.lastPathComponent))
      #expect(Set(tables.map(\.checksum)).count == 1)
      #expect(tables[0].paraphraseCount == 4)
    }
  }

  @Test func saysWhatASourceLacks() throws {
    try TestData.withTemporaryFolder { folder in
      #expect(throws: METEORError.missingPart(path: folder.path, part: "meteor-1.5.jar")) {
        try METEORSource(folder)
      }
      let jar = folder.appendingPathComponent("meteor-1.5.jar")
      try Data("no zip".utf8).write(to: jar)
      #expect(throws: METEORError.missingPart(path: folder.path, part: "paraphrase-en.gz")) {
        try METEORSource(folder)
      }
      try Data("no gzip".utf8).write(to: folder.appendingPathComponent("paraphrase-en.gz"))
      let target = folder.appendingPathComponent("tables")
      #expect(throws: METEORError.self) { try METEORSource(jar).install(at: target) }
      #expect(!FileManager.default.fileExists(atPath: target.path))
      let wheel = folder.appendingPathComponent("x.whl")
      try Data("no zip".utf8).write(to: wheel)
      #expect(throws: METEORError.self) { try METEORSource(wheel) }
    }
  }

  @Test func damagedWheelsJarsAndParaphrasesNeverTrap() throws {
    let parts = Parts().all
    let (jar, paraphrases) = (Self.jar(parts), GzipBytes.file(parts[4]))
    let corpus = [Self.wheel(jar, paraphrases), jar, paraphrases]
    try TestData.withTemporaryFolder { folder in
      let wheel = folder.appendingPathComponent("x.whl")
      let target = folder.appendingPathComponent("tables")
      // Each damaged part in sound others, and as a wheel itself.
      let makers: [(Data) -> Data] = [
        { $0 }, { Self.wheel($0, paraphrases) }, { Self.wheel(jar, $0) },
      ]
      var count = 0
      Fuzzing.run(corpus: corpus, seed: 52, iterations: 1_200) { data in
        count += 1
        try makers[count % 3](data).write(to: wheel)
        try install(wheel, at: target)
      }
    }
  }

  @Test func damagedWordListsNeverTrap() throws {
    let parts = Parts().all
    try TestData.withTemporaryFolder { folder in
      let wheel = folder.appendingPathComponent("x.whl")
      let target = folder.appendingPathComponent("tables")
      var count = 0
      Fuzzing.run(corpus: parts, seed: 53, iterations: 1_200) { data in
        count += 1
        var parts = parts
        parts[count % 5] = data
        try Self.wheel(Self.jar(parts), GzipBytes.file(parts[4])).write(to: wheel)
        try install(wheel, at: target)
      }
    }
  }
}
