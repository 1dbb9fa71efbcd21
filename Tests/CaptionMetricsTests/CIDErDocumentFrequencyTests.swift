import CaptionMetrics
import Foundation
import TestSupport
import Testing

@Suite struct CIDErDocumentFrequencyTests {
  private static let references = [
    ["A man rides a horse.", "The man is on a horse"], ["A dog runs", "a dog", "A dog runs fast"],
    ["Two men and a dog"],
  ]

  @Test func countsImagesAndNotCaptions() throws {
    let frequencies = try DocumentFrequency(references: Self.references)
    #expect(frequencies.imageCount == 3)
    #expect(frequencies.frequency(of: "a dog") == 2)
    #expect(frequencies.frequency(of: "A") == 3)
    #expect(frequencies.frequency(of: "man rides a horse") == 1)
    #expect(frequencies.frequency(of: "rides a dog") == 0)
    #expect(frequencies.frequency(of: "unheard-of") == 0)
    #expect(frequencies.frequency(of: "") == 0)
  }

  @Test func aFileOfTheSameReferencesGivesTheSameValues() throws {
    let candidates = ["A man on a horse", "A dog runs slowly", "Two dogs and a man"]
    let corpus = try TokenizedCorpus(candidates: candidates, references: Self.references)
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("set.df")
      try DocumentFrequency(references: Self.references).save(to: file)
      let read = try DocumentFrequency(contentsOf: file)
      #expect(CIDEr(documentFrequency: read).score(corpus) == CIDEr().score(corpus))
    }
  }

  @Test func theOrderOfTheImagesDoesNotChangeTheFile() throws {
    let one = try DocumentFrequency(references: Self.references).encoded()
    let other = try DocumentFrequency(references: Self.references.reversed()).encoded()
    #expect(one == other)
    #expect(try DocumentFrequency(bytes: one, name: "df").encoded() == one)
  }

  @Test func oneImageGetsAValueFromAFile() throws {
    let frequencies = try DocumentFrequency(references: Self.references)
    let corpus = try TokenizedCorpus(candidates: ["a dog runs"], references: [["the dog runs"]])
    #expect(CIDEr().score(corpus).corpus == 0)
    #expect(CIDEr(documentFrequency: frequencies).score(corpus).corpus > 0)
  }

  @Test func warnsOfFewImages() throws {
    let one = try TokenizedCorpus(candidates: ["a"], references: [["a"]])
    func warning(_ metric: CIDEr, _ corpus: TokenizedCorpus) -> String? {
      metric.warnings(of: metric.statistics(of: corpus)).first
    }
    #expect(warning(CIDEr(), one)?.contains("has 1 image, so every value is 0") == true)
    let many = try TokenizedCorpus(
      candidates: Array(repeating: "a", count: 100), references: Array(repeating: ["a"], count: 100))
    #expect(warning(CIDEr(), many) == nil)
    #expect(warning(CIDEr(documentFrequency: DocumentFrequency(many)), one) == nil)
  }

  @Test func aLinkStaysALinkAndADeviceADevice() throws {
    try TestData.withTemporaryFolder { folder in
      let frequency = try DocumentFrequency(references: Self.references)
      let (file, link) = (folder.appendingPathComponent("real.df"), folder.appendingPathComponent("link.df"))
      try Data().write(to: file)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
      try frequency.save(to: link)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
      #expect(try DocumentFrequency(contentsOf: file).imageCount == frequency.imageCount)
      let pipe = folder.appendingPathComponent("pipe")
      #expect(mkfifo(pipe.path, 0o600) == 0)
      let reader = open(pipe.path, O_RDONLY | O_NONBLOCK)
      defer { close(reader) }
      try frequency.save(to: pipe)
      let type = try FileManager.default.attributesOfItem(atPath: pipe.path)[.type] as? FileAttributeType
      #expect(type != .typeRegular)
    }
  }

  @Test func namesTheFileThatIsNotThere() {
    #expect {
      try DocumentFrequency(contentsOf: URL(fileURLWithPath: "/nowhere/set.df"))
    } throws: { error in
      guard case NGramMetricError.inaccessibleFile("/nowhere/set.df", _) = error else { return false }
      return "\(error)".contains("cannot be read")
    }
    #expect(throws: (any Error).self) {
      try DocumentFrequency(references: Self.references).save(to: URL(fileURLWithPath: "/nowhere/set.df"))
    }
  }

  @Test func refusesOtherFiles() throws {
    let good = try DocumentFrequency(references: Self.references).encoded()
    for bytes in [
      [], [0], Array("PlumbDF1".utf8), Array(good.dropLast()), good + [0], Array(good.dropFirst()),
    ] {
      #expect(throws: NGramMetricError.self) { try DocumentFrequency(bytes: bytes, name: "df") }
    }
    var later = good
    later[8] = 2
    #expect(throws: NGramMetricError.unknownVersion("df", found: 2, known: 1)) {
      try DocumentFrequency(bytes: later, name: "df")
    }
  }

  @Test func hugeFrequenciesTakeNoMemory() throws {
    let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x07]
    let bytes = Array("PlumbDF1".utf8) + [1] + huge + [1, 1, UInt8(ascii: "a")] + huge + [0, 0, 0]
    let frequencies = try DocumentFrequency(bytes: DocumentFrequency.withChecksum(bytes), name: "df")
    #expect(frequencies.frequency(of: "a") == Int(Int32.max))
    let corpus = try TokenizedCorpus(candidates: ["a b"], references: [["a b"]])
    #expect(CIDEr(documentFrequency: frequencies).score(corpus).corpus.isFinite)
  }

  @Test func countsOfNoImageWeighNothing() throws {
    let corpus = try TokenizedCorpus(candidates: ["a b"], references: [["a b"]])
    #expect(CIDEr(documentFrequency: try DocumentFrequency(references: [])).score(corpus).corpus == 0)
  }

  @Test func survivesDamagedFiles() throws {
    let files = try [Self.references, [["a"]], [["one two three four five six", "one two"], ["two three"]]]
      .map {
        Data(try DocumentFrequency(references: $0).encoded())
      }
    let corpus = try TokenizedCorpus(candidates: ["a dog runs"], references: [["a dog"]])
    Fuzzing.run(corpus: files, iterations: 4000) { data in
      // A file whose checksum was mended gets further than one that is only damaged.
      let mended = DocumentFrequency.withChecksum([UInt8](data.dropLast(8)))
      for bytes in [[UInt8](data), mended] {
        guard let frequencies = try? DocumentFrequency(bytes: bytes, name: "df") else { continue }
        _ = CIDEr(documentFrequency: frequencies).score(corpus)
        #expect((try? DocumentFrequency(bytes: frequencies.encoded(), name: "df")) != nil)
      }
    }
  }
}
