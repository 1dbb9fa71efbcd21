import CaptionMetrics
import Foundation
import TestSupport

/// The goldens under `Fixtures/meteor`, which `make_meteor_golden.py` makes with pycocoevalcap 1.2.
enum METEORFixtures {
  struct Item: Decodable {
    let candidate: String
    let references: [String]
    let score: Double
    let counts: String
  }

  struct Section: Decodable {
    let corpus: Double
    let items: [Item]
  }

  struct Golden: Decodable {
    let words: Section
    let captions: Section
    let stems: [[String]]
  }

  struct Flickr8k: Decodable {
    let corpus: Double
    let items: Int
    let counts_sha256: String
  }

  static func read<Fixture: Decodable>(_ name: String) throws -> Fixture {
    let file = TestData.fixtures().appendingPathComponent("meteor/\(name)")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }

  /// The values of Flickr8k's first captions: doubles behind a header of 128 bytes.
  static func scores() throws -> [Double] {
    let data = try Data(contentsOf: TestData.fixtures().appendingPathComponent("meteor/flickr8k.npy"))
    return data.dropFirst(128).withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: Double.self) }
    }
  }

  /// METEOR's tables, which `bin/test` installs where pip can fetch them.
  static let table: METEORTable? = try? METEORTable(contentsOf: METEORTable.installedFile)

  /// What a skipped test says.
  static let whySkipped = "METEOR's tables are not installed: run plumb meteor install"

  /// A few words and phrases of our own as tables.
  static func builder() -> METEORTableBuilder {
    func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }
    var builder = METEORTableBuilder()
    for word in ["the", "a", "of"] { builder.addFunctionWord(bytes(word)) }
    builder.addSynsets(of: bytes("pup"), [7, 3])
    builder.addSynsets(of: bytes("whelp"), [3])
    builder.addSynsets(of: bytes("ox"), [9])
    builder.addSynsets(of: bytes("bull"), [9])
    builder.addForms([bytes("oxen")], of: bytes("ox"))
    builder.addAbbreviation(bytes("vs"), beforeNumbersOnly: false)
    builder.addAbbreviation(bytes("no"), beforeNumbersOnly: true)
    builder.addParaphrase(builder.addPhrase(bytes("set out")), builder.addPhrase(bytes("go off")))
    builder.addParaphrase(builder.addPhrase(bytes("big")), builder.addPhrase(bytes("of great size")))
    return builder
  }
}
