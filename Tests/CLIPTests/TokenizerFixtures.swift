import CLIP
import Files
import Foundation
import TestSupport
import Testing

/// The tokenizer's fixtures; `Fixtures/tokenizer/make_tokenizer_fixtures.py` made them with the real peers.
enum TokenizerFixtures {
  static let folder = TestData.fixtures().appendingPathComponent("tokenizer", isDirectory: true)
  /// A tokenizer of our own with 270 merges, as Hugging Face's folder.
  static let small = folder.appendingPathComponent("small", isDirectory: true)
  /// OpenAI's merges, where the real data is.
  static let openAIMerges = TestData.shared?.appendingPathComponent(
    "clip_tokenizer/bpe_simple_vocab_16e6.txt.gz")

  static func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// One text and what the peers make of it.
  struct Row: Decodable {
    var kind: String
    var text: String
    var hf: [Int32]
    var decoded: String
    /// Nil where open_clip's cleaning is not copied: see ``TextCleaning/openAI``.
    var openai: [Int32]?
  }

  /// The rows of a golden file; its first line names the peers.
  static func golden(_ name: String) throws -> [Row] {
    let text = try GzipReader.inflate(Data(contentsOf: file(name)), limit: 1 << 24)
    return try text.split(separator: 0x0A).dropFirst().map {
      try JSONDecoder().decode(Row.self, from: Data($0))
    }
  }

  /// What an error says, or what came instead.
  static func message(_ body: () throws -> some Any) -> String {
    do {
      return "no error: \(try body())"
    } catch {
      return "\(error)"
    }
  }
}
