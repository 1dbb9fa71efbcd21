import CLIP
import Files
import Foundation
import TestSupport
import Testing

@Suite struct TokenizerLoadingTests {
  private let texts = ["a photo of a cat", "It's the ZEBRA's café!", "猫 12 😀 <|endoftext|>", ""]

  @Test func everyLayoutGivesTheSameTokenizer() throws {
    let reference = try CLIPTokenizer.load(from: TokenizerFixtures.small, cleaning: .huggingFace)
    let places = [
      TokenizerFixtures.small.appendingPathComponent("vocab.json"),
      TokenizerFixtures.small.appendingPathComponent("merges.txt"),
      TokenizerFixtures.file("small_pairs_tokenizer.json"),
      TokenizerFixtures.file("small_strings_tokenizer.json"),
      TokenizerFixtures.file("small.txt.gz"),
    ]
    for place in places {
      let tokenizer = try CLIPTokenizer.load(from: place, cleaning: .huggingFace)
      #expect(tokenizer.identity == reference.identity, "\(place.lastPathComponent)")
      #expect(tokenizer.vocabularySize == reference.vocabularySize)
      for text in texts { #expect(tokenizer.encode(text) == reference.encode(text)) }
    }
  }

  @Test func cleaningIsThatOfTheCheckpointsLibrary() throws {
    #expect(try CLIPTokenizer.load(from: TokenizerFixtures.small).cleaning == .huggingFace)
    #expect(try CLIPTokenizer.load(from: TokenizerFixtures.file("small.txt.gz")).cleaning == .openAI)
    try TestData.withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: TokenizerFixtures.file("small_pairs_tokenizer.json"),
        to: folder.appendingPathComponent("tokenizer.json"))
      let settings = folder.appendingPathComponent("open_clip_config.json")
      try Data(#"{"model_cfg": {"embed_dim": 512, "text_cfg": {"context_length": 64}}}"#.utf8).write(
        to: settings)
      let tokenizer = try CLIPTokenizer.load(from: folder)
      #expect(tokenizer.cleaning == .openAI)
      #expect(tokenizer.modelMaxLength == 64)
      #expect(try CLIPTokenizer.load(from: folder, cleaning: .huggingFace).cleaning == .huggingFace)
      try Data(#"{"model_cfg": {"text_cfg": {"hf_tokenizer_name": "roberta-base"}}}"#.utf8).write(
        to: settings)
      #expect(TokenizerFixtures.message { try CLIPTokenizer.load(from: folder) }.contains("\"roberta-base\""))
      try Data(
        #"{"model_cfg": {"text_cfg": {"tokenizer_kwargs": {"reduction_mask": "simple"}}}}"#.utf8
      ).write(to: settings)
      #expect(TokenizerFixtures.message { try CLIPTokenizer.load(from: folder) }.contains("reduction_mask"))
      try Data("{}".utf8).write(to: folder.appendingPathComponent("config.json"))
      #expect(try CLIPTokenizer.load(from: folder).cleaning == .huggingFace)
    }
  }

  @Test func openCLIPFolderWithOpenAIsFileIsRead() throws {
    try TestData.withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: TokenizerFixtures.file("small.txt.gz"),
        to: folder.appendingPathComponent("bpe_simple_vocab_16e6.txt.gz"))
      let tokenizer = try CLIPTokenizer.load(from: folder)
      #expect(tokenizer.cleaning == .openAI)
      #expect(tokenizer.vocabularySize == 256 + 256 + 270 + 2)
    }
  }

  @Test func identityTellsTokenizersAndCleaningsApart() throws {
    var tokenizer = try CLIPTokenizer.load(from: TokenizerFixtures.small)
    let identity = tokenizer.identity
    #expect(identity.hasPrefix("clip-bpe-784-"))
    tokenizer.cleaning = .openAI
    #expect(tokenizer.identity != identity)
    try TestData.withTemporaryFolder { folder in
      let other = folder.appendingPathComponent("merges.txt")
      try Data("title\na b\na t</w>\n".utf8).write(to: other)
      #expect(try CLIPTokenizer.load(from: other, cleaning: .huggingFace).identity != identity)
    }
  }

  /// Each damaged input, and what its message must say.
  @Test(arguments: [
    ("tokenizer.json", #"{"model": {"vocab": {"a": 0"#, "at byte 27: the JSON text ends before"),
    ("tokenizer.json", #"{"version": "1.0"}"#, "the key \"model\""),
    ("tokenizer.json", #"{"model": {"type": "WordPiece", "vocab": {}}}"#, "model.type is \"WordPiece\""),
    (
      "tokenizer.json",
      #"{"model": {"type": "BPE", "end_of_word_suffix": null, "vocab": [["a", 1]], "merges": []}}"#,
      "no vocabulary"
    ),
    ("tokenizer.json", #"{"model": {"type": "BPE", "vocab": {}}}"#, "no merges"),
    ("tokenizer.json", #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a a"]}}"#, "in merge 0"),
    (
      "tokenizer.json", #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "a", "a"]]}}"#,
      "two tokens of a merge"
    ),
    ("tokenizer.json", #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"#, "for byte 0"),
    ("tokenizer.json", #"{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}"#, "an id from 0"),
    (
      "tokenizer.json", #"{"model": {"type": "BPE", "vocab": {"a": 4000000000}, "merges": []}}"#, "a token id"
    ),
    (
      "tokenizer.json", #"{"model": {"type": "BPE", "vocab": {"a": 1, "a": 2}, "merges": []}}"#,
      "not there yet"
    ),
    (
      "tokenizer.json", #"{"model": {"type": "BPE", "vocab": {"a": 1, "b": 1}, "merges": []}}"#,
      "an id of its own"
    ),
    (
      "tokenizer.json", #"{"model": {"type": "BPE", "vocab": {"\ud800": 1}, "merges": []}}"#,
      "a lone surrogate"
    ),
    (
      "tokenizer.json", #"{"added_tokens": [{"id": 1}], "model": {"vocab": {}, "merges": []}}"#,
      "added_tokens"
    ),
    ("tokenizer.json", String(repeating: "[", count: 100_000), "no tokenizer there|expected"),
    ("tokenizer.json", #"{"x": "# + String(repeating: "[", count: 100_000), "more than 128 deep"),
    ("tokenizer.json", "", "at byte 0"),
    ("bpe_simple_vocab_16e6.txt.gz", "not gzip", "found none"),
    ("bpe_simple_vocab_16e6.txt.gz", "title\na b c\n", "in line 2"),
    ("bpe_simple_vocab_16e6.txt.gz", "title\nzz b\n", "two tokens from the lines before"),
    ("bpe_simple_vocab_16e6.txt.gz", "\u{1F}not gzip either", "expected"),
  ])
  func damagedFileIsOneClearSentence(name: String, content: String, expected: String) throws {
    try TestData.withTemporaryFolder { folder in
      try Data(content.utf8).write(to: folder.appendingPathComponent(name))
      let message = TokenizerFixtures.message { try CLIPTokenizer.load(from: folder) }
      #expect(expected.split(separator: "|").contains { message.contains($0) }, "\(message)")
      #expect(message.contains(name) && message.hasSuffix(".") && !message.contains("\n"), "\(message)")
    }
  }

  @Test func anEmptyFileOfMergesIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: TokenizerFixtures.small.appendingPathComponent("vocab.json"),
        to: folder.appendingPathComponent("vocab.json"))
      try Data().write(to: folder.appendingPathComponent("merges.txt"))
      let message = TokenizerFixtures.message { try CLIPTokenizer.load(from: folder) }
      #expect(message.contains("merges.txt") && message.contains("an empty file"), "\(message)")
    }
  }

  @Test func mergesThatWereCutAtTheEndOfALineAreRefused() throws {
    try TestData.withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: TokenizerFixtures.small.appendingPathComponent("vocab.json"),
        to: folder.appendingPathComponent("vocab.json"))
      let whole = try String(
        contentsOf: TokenizerFixtures.small.appendingPathComponent("merges.txt"), encoding: .utf8)
      let lines = whole.split(separator: "\n")
      let cut = lines.dropLast(lines.count / 4).joined(separator: "\n") + "\n"
      try Data(cut.utf8).write(to: folder.appendingPathComponent("merges.txt"))
      let message = TokenizerFixtures.message { try CLIPTokenizer.load(from: folder) }
      #expect(message.contains("merges.txt: expected one that makes"), "\(message)")
      #expect(message.contains("found the end of the file"), "\(message)")
    }
  }

  @Test func damagedSettingsNameTheFile() throws {
    try TestData.withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: TokenizerFixtures.file("small_pairs_tokenizer.json"),
        to: folder.appendingPathComponent("tokenizer.json"))
      for content in [
        "{", "[]", #"{"bos_token": 7}"#, #"{"model_max_length": "long"}"#, #"{"eos_token": "</s>"}"#,
      ] {
        try Data(content.utf8).write(to: folder.appendingPathComponent("tokenizer_config.json"))
        let message = TokenizerFixtures.message { try CLIPTokenizer.load(from: folder) }
        #expect(message.contains(folder.lastPathComponent) && message.hasSuffix("again."), "\(message)")
      }
    }
  }

  @Test func cutOrBrokenGzipIsRefused() throws {
    let whole = try Data(contentsOf: TokenizerFixtures.file("small.txt.gz"))
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("merges.gz")
      for count in [2, 9, 10, 200, whole.count - 1] {
        try whole.prefix(count).write(to: file)
        #expect(TokenizerFixtures.message { try CLIPTokenizer.load(from: file) }.contains("gzip"))
      }
      var broken = whole
      broken[whole.count - 6] ^= 1  // the checksum
      try broken.write(to: file)
      #expect(TokenizerFixtures.message { try CLIPTokenizer.load(from: file) }.contains("gzip"))
    }
    #expect(throws: GzipReader.Failure.tooLarge) { try GzipReader.inflate(whole, limit: 100) }
    #expect(
      try GzipReader.inflate(whole + whole, limit: 1 << 20).count == 2
        * GzipReader.inflate(whole, limit: 1 << 20).count)
  }

  @Test func missingPlacesSayWhatIsExpected() throws {
    try TestData.withTemporaryFolder { folder in
      for place in [
        folder, folder.appendingPathComponent("none"), folder.appendingPathComponent("vocab.json"),
      ] {
        let message = TokenizerFixtures.message { try CLIPTokenizer.load(from: place) }
        #expect(message.contains("tokenizer.json") && message.contains("merges.txt"), "\(message)")
      }
    }
    let message = TokenizerFixtures.message {
      try CLIPTokenizer.load(from: URL(fileURLWithPath: "/dev/zero"))
    }
    #expect(message.contains("regular file"), "\(message)")
  }
}
