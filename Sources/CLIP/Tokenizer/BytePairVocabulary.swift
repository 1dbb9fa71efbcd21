import Files
public import Foundation
import JSON

/// Tokens and merges of CLIP's kind, as they were trained.
public struct BytePairVocabulary: Sendable {
  /// The tokens by their id: the 256 bytes, the bytes that end a word, the merges, the start and the end of a text.
  public let tokens: [String]
  /// The merges, in the order of training.
  public let merges: [(left: String, right: String)]

  /// The tokens that stand for bytes.
  static let byteTokenCount = 512
  /// What starts a text, and what ends it.
  static let specialTokens = ["<|startoftext|>", "<|endoftext|>"]

  /// The texts of the tokens that stand for bytes, in the order of their ids, which is OpenAI's.
  static let byteTokens: [[UInt8]] = {
    let inside = ByteAlphabet.vocabularyOrder.map { byte in
      var text: [UInt8] = []
      UTF8Coding.encode(ByteAlphabet.scalars[byte], into: &text)
      return text
    }
    return inside + inside.map { $0 + Array("</w>".utf8) }
  }()

  /// The id of each byte inside a word; at the end of one it is 256 more.
  static let idOfByte: [Int32] = {
    var ids = [Int32](repeating: 0, count: 256)
    for (id, byte) in ByteAlphabet.vocabularyOrder.enumerated() { ids[byte] = Int32(id) }
    return ids
  }()

  init(tokens: [String], merges: [(left: String, right: String)]) {
    self.tokens = tokens + Self.specialTokens
    self.merges = merges
  }

  /// The files that ``write(to:contextLength:)`` makes.
  public static let fileNames = [
    "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
  ]

  /// Whether the files can be written into a folder: before long work is done for it.
  ///
  /// - Throws: ``TokenizerError/alreadyThere(file:)``, or why the folder cannot be made.
  public static func prepare(folder: URL) throws {
    for name in fileNames + ["tokenizer.json"] {
      let file = folder.appendingPathComponent(name)
      if FileManager.default.fileExists(atPath: file.path) {
        throw TokenizerError.alreadyThere(file: file.path)
      }
    }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw TokenizerError.unwritable(
        folder: folder.path, reason: systemReason(of: error))
    }
    for name in fileNames { try AtomicFile(folder.appendingPathComponent(name)).discard() }
  }

  /// Writes a folder that ``CLIPTokenizer/load(from:cleaning:)`` and transformers' `CLIPTokenizer` read.
  ///
  /// - Parameters:
  ///   - folder: A new folder, or one without tokenizer files.
  ///   - contextLength: The most tokens of a text.
  /// - Throws: ``TokenizerError``, `FileWriteError`.
  public func write(to folder: URL, contextLength: Int = 77) throws {
    try Self.prepare(folder: folder)
    let vocabulary = JSONValue.object(tokens.enumerated().map { .init($0.element, .integer($0.offset)) })
    let (start, end) = (JSONValue.string(Self.specialTokens[0]), JSONValue.string(Self.specialTokens[1]))
    let roles: [JSONValue.Member] = [
      .init("bos_token", start), .init("eos_token", end), .init("pad_token", end), .init("unk_token", end),
    ]
    let settings: [JSONValue.Member] = [
      .init("add_prefix_space", .bool(false)), .init("do_lower_case", .bool(true)),
      .init("errors", .string("replace")), .init("model_max_length", .integer(contextLength)),
      .init("tokenizer_class", .string("CLIPTokenizer")),
    ]
    let list = merges.map { "\($0.left) \($0.right)\n" }.joined()
    let files = [
      ("vocab.json", try vocabulary.text() + "\n"), ("merges.txt", "#version: 0.2\n" + list),
      ("tokenizer_config.json", try JSONValue.object(roles + settings).text(isIndented: true) + "\n"),
      ("special_tokens_map.json", try JSONValue.object(roles).text(isIndented: true) + "\n"),
    ]
    // Without its settings a vocabulary would be read with others.
    try AtomicFile.write(new: files.map { name, text in (folder.appendingPathComponent(name), text) })
  }
}
