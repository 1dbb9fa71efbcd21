import Files
public import Foundation

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
      if name == "vocab.json", folder.has(name) {
        throw TokenizerError.missing(file: url.path, expected: "merges.txt beside it")
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
