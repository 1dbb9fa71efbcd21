import Files
import Foundation

/// A folder with tokenizer files.
struct TokenizerFolder {
  /// Where it is.
  var url: URL

  /// Far above any tokenizer's file.
  static let sizeLimit = 64 << 20

  /// Whether `url` is a folder.
  static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// Whether a file of this name is there.
  func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path)
  }

  /// The content of a file that is not too large.
  static func read(_ url: URL) throws -> Data {
    let attributes: [FileAttributeKey: Any]
    do {
      attributes = try FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)
    } catch {
      throw TokenizerError.missing(
        file: url.path,
        expected: "a tokenizer.json, a vocab.json with merges.txt, or a bpe_simple_vocab_16e6.txt.gz")
    }
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw TokenizerError.unreadable(file: url.path, reason: "it is not a regular file")
    }
    guard let size = attributes[.size] as? Int, size <= sizeLimit else {
      throw TokenizerError.tooLarge(file: url.path, limit: sizeLimit)
    }
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw TokenizerError.unreadable(
        file: url.path, reason: systemReason(of: error))
    }
    if let placeholder = PlaceholderFile(data) {
      throw TokenizerError.placeholder(file: url.path, what: placeholder.what, remedy: placeholder.remedy)
    }
    return data
  }

  private func read(_ name: String) throws -> Data {
    try Self.read(url.appendingPathComponent(name))
  }

  private func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Loads what is there; see ``CLIPTokenizer/load(from:cleaning:)``.
  func load(cleaning: TextCleaning?) throws -> CLIPTokenizer {
    if has("tokenizer.json") {
      let files = try read("tokenizer.json").withBytes {
        try VocabularyReader.readTokenizer($0, file: path("tokenizer.json"))
      }
      return try finish(files, cleaning: cleaning, file: path("tokenizer.json"))
    }
    if has("vocab.json") && has("merges.txt") { return try loadVocabularyAndMerges(cleaning: cleaning) }
    for name in ["bpe_simple_vocab_16e6.txt.gz", "bpe_simple_vocab_16e6.txt"] where has(name) {
      let files = try OpenAIMerges.read(try read(name), file: path(name))
      return try finish(files, cleaning: cleaning ?? .openAI, file: path(name))
    }
    throw TokenizerError.missing(
      file: url.path,
      expected: "tokenizer.json, or vocab.json with merges.txt, or bpe_simple_vocab_16e6.txt.gz")
  }

  /// Loads `vocab.json` and `merges.txt`, whatever stands beside them.
  func loadVocabularyAndMerges(cleaning: TextCleaning?) throws -> CLIPTokenizer {
    let vocabulary = try read("vocab.json").withBytes {
      try VocabularyReader.readVocabulary($0, file: path("vocab.json"))
    }
    let merges = try read("merges.txt").withBytes {
      try VocabularyReader.readMerges($0, vocabulary: vocabulary, file: path("merges.txt"))
    }
    return try finish(
      TokenizerFiles(vocabulary: vocabulary, merges: merges), cleaning: cleaning, file: path("vocab.json"))
  }

  private func finish(_ files: TokenizerFiles, cleaning: TextCleaning?, file: String) throws -> CLIPTokenizer
  {
    var configuration = try settings("tokenizer_config.json") ?? TokenizerConfiguration()
    if configuration.addedTokens == nil, let map = try settings("special_tokens_map.json") {
      configuration.merge(specialTokensMap: map)
    }
    var openCLIP: OpenCLIPText?
    if has("open_clip_config.json"), !has("config.json") {
      openCLIP = try TokenizerConfiguration.decode(
        OpenCLIPText.self, from: try read("open_clip_config.json"), file: path("open_clip_config.json"),
        place: "at the top")
      try openCLIP?.check(file: path("open_clip_config.json"))
      configuration.modelMaxLength = openCLIP?.contextLength ?? configuration.modelMaxLength
    }
    return try CLIPTokenizer(
      files: files, configuration: configuration,
      cleaning: cleaning ?? (openCLIP == nil ? .huggingFace : .openAI),
      file: file)
  }

  private func settings(_ name: String) throws -> TokenizerConfiguration? {
    guard has(name) else { return nil }
    return try TokenizerConfiguration.decode(
      TokenizerConfiguration.self, from: try read(name), file: path(name), place: "at the top")
  }
}

extension Data {
  /// Calls `body` with the bytes.
  func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    try withUnsafeBytes { try body($0.bindMemory(to: UInt8.self)) }
  }
}
