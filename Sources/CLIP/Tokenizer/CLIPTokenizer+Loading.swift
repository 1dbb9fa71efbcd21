import Foundation

extension CLIPTokenizer {
  /// Loads a tokenizer from a folder or a file.
  ///
  /// A folder holds `tokenizer.json`, or `vocab.json` and `merges.txt`, or OpenAI's `bpe_simple_vocab_16e6.txt.gz`,
  /// looked for in this order; `tokenizer_config.json` and `special_tokens_map.json` beside them set the special
  /// tokens. A file is any one of these (a `vocab.json` or `merges.txt` brings its neighbours).
  ///
  /// Where `cleaning` is not given, it is that of the checkpoint's own library: ``TextCleaning/openAI`` for OpenAI's
  /// file and for folders that only open_clip reads (`open_clip_config.json` without `config.json`), otherwise
  /// ``TextCleaning/huggingFace``.
  ///
  /// Throws ``TokenizerError``.
  public static func load(from url: URL, cleaning: TextCleaning? = nil) throws -> CLIPTokenizer {
    if TokenizerFolder.isFolder(url) {
      return try TokenizerFolder(url: url).load(cleaning: cleaning)
    }
    let name = url.lastPathComponent
    if name == "vocab.json" || name == "merges.txt" {
      let folder = TokenizerFolder(url: url.deletingLastPathComponent())
      if folder.has("vocab.json") && folder.has("merges.txt") {
        return try folder.loadVocabularyAndMerges(cleaning: cleaning)
      }
    }
    return try load(file: url, cleaning: cleaning)
  }

  /// Loads a single file, whose content tells what it is.
  private static func load(file url: URL, cleaning: TextCleaning?) throws -> CLIPTokenizer {
    let data = try TokenizerFolder.read(url)
    if GzipReader.isGzip(data) || data.first != UInt8(ascii: "{") {
      let files = try OpenAIMerges.read(data, file: url.path)
      return try CLIPTokenizer(
        files: files, configuration: .init(), cleaning: cleaning ?? .openAI, file: url.path)
    }
    let files = try data.withBytes { try VocabularyReader.readTokenizer($0, file: url.path) }
    return try CLIPTokenizer(
      files: files, configuration: .init(), cleaning: cleaning ?? .huggingFace, file: url.path)
  }

  init(
    files: TokenizerFiles, configuration: TokenizerConfiguration, cleaning: TextCleaning, file: String
  ) throws {
    let special = try SpecialTokens(
      configuration: configuration, declared: files.addedTokens, vocabulary: files.vocabulary, file: file)
    let tables = try TokenizerTables(
      vocabulary: files.vocabulary, merges: files.merges, special: special, file: file)
    self.init(tables: tables, cleaning: cleaning, modelMaxLength: configuration.modelMaxLength)
  }
}

/// A folder with tokenizer files.
private struct TokenizerFolder {
  var url: URL

  /// Far above any tokenizer's file.
  static let sizeLimit = 64 << 20

  static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }

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
    do {
      return try Data(contentsOf: url)
    } catch {
      throw TokenizerError.unreadable(file: url.path, reason: (error as NSError).localizedDescription)
    }
  }

  private func read(_ name: String) throws -> Data {
    try Self.read(url.appendingPathComponent(name))
  }

  private func path(_ name: String) -> String { url.appendingPathComponent(name).path }

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

/// What `open_clip_config.json` says about the text.
private struct OpenCLIPText: Decodable {
  private struct Model: Decodable {
    var text_cfg: Text?
  }

  private struct Text: Decodable {
    var context_length: Int?
    var hf_tokenizer_name: String?
    var tokenizer_kwargs: Arguments?
  }

  private struct Arguments: Decodable {
    var clean: String?
  }

  private var model_cfg: Model?

  var contextLength: Int? { model_cfg?.text_cfg?.context_length }

  /// Refuses the tokenizers of open_clip that are not CLIP's.
  func check(file: String) throws {
    if let name = model_cfg?.text_cfg?.hf_tokenizer_name, !name.isEmpty {
      throw TokenizerError.unsupported(
        file: file, key: "model_cfg.text_cfg.hf_tokenizer_name", expected: "no such key", found: "\"\(name)\""
      )
    }
    if let clean = model_cfg?.text_cfg?.tokenizer_kwargs?.clean, clean != "lower" {
      throw TokenizerError.unsupported(
        file: file, key: "model_cfg.text_cfg.tokenizer_kwargs.clean", expected: "\"lower\"",
        found: "\"\(clean)\"")
    }
  }
}

extension Data {
  /// Calls `body` with the bytes.
  func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    try withUnsafeBytes { try body($0.bindMemory(to: UInt8.self)) }
  }
}
