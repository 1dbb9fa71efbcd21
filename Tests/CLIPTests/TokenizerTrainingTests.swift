import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct TokenizerTrainingTests {
  /// `make_trained_golden.py` made it.
  private static let folder = TokenizerFixtures.file("trained")

  private struct Golden: Decodable {
    struct Row: Decodable {
      var text: String
      var ids: [Int32]
    }
    var size: Int
    var rows: [Row]
  }

  private func golden() throws -> Golden {
    try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Self.folder.appendingPathComponent("golden.json")))
  }

  private func texts() throws -> [String] {
    try String(contentsOf: Self.folder.appendingPathComponent("texts.txt"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  private func trainer(_ texts: [String]) -> BytePairTrainer {
    var trainer = BytePairTrainer()
    for text in texts { trainer.add(text) }
    return trainer
  }

  @Test func theVocabularyIsThatOfTheDefinitionAndTheIDsAreThePeers() throws {
    let golden = try golden()
    try TestData.withTemporaryFolder { folder in
      let out = folder.appendingPathComponent("tokenizer")
      try trainer(texts()).train(size: golden.size).write(to: out, contextLength: 40)
      let merges = try String(contentsOf: out.appendingPathComponent("merges.txt"), encoding: .utf8)
      #expect(
        try merges
          == String(contentsOf: Self.folder.appendingPathComponent("merges.txt"), encoding: .utf8))
      let vocabularies = try [out, Self.folder].map {
        try JSONDecoder().decode(
          [String: Int].self, from: Data(contentsOf: $0.appendingPathComponent("vocab.json")))
      }
      #expect(vocabularies[0] == vocabularies[1])
      let tokenizer = try CLIPTokenizer.load(from: out)
      #expect(tokenizer.vocabularySize == golden.size && tokenizer.modelMaxLength == 40)
      #expect(tokenizer.cleaning == .huggingFace)
      for row in golden.rows { #expect(tokenizer.encode(row.text) == row.ids, "\(row.text)") }
    }
  }

  @Test func theOrderOfTheTextsDoesNotMatter() throws {
    let texts = try texts()
    let (one, other) = try (trainer(texts).train(size: 700), trainer(texts.reversed()).train(size: 700))
    #expect(one.tokens == other.tokens)
    #expect(one.merges.map(\.left) == other.merges.map(\.left))
  }

  @Test func aVocabularyEndsWhereNoPairOccursOftenEnough() throws {
    let trainer = trainer(["aab aab ab", "Ab xyz", "", "  "])
    #expect(trainer.wordCount == 3)
    let vocabulary = try trainer.train(size: 10_000)
    #expect(vocabulary.merges.map { "\($0.left) \($0.right)" } == ["a b</w>", "a ab</w>"])
    #expect(vocabulary.tokens.count == 516)
    #expect(vocabulary.tokens.suffix(3) == ["aab</w>", "<|startoftext|>", "<|endoftext|>"])
    #expect(try trainer.train(size: 10_000, minimumCount: 1).tokens.last == "<|endoftext|>")
    #expect(try trainer.train(size: 10_000, minimumCount: 1).tokens.contains("xyz</w>"))
    #expect(try BytePairTrainer().train(size: 514).merges.isEmpty)
  }

  @Test func everyTokenComesAboutInOneWay() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<40 {
      let words = (0..<60).map { _ in
        String(
          (0..<Int.random(in: 2...9, using: &generator)).map { _ in
            "abc".randomElement(using: &generator) ?? "a"
          })
      }
      let vocabulary = try trainer([words.joined(separator: " ")]).train(size: 600)
      #expect(Set(vocabulary.tokens).count == vocabulary.tokens.count)
      #expect(Set(vocabulary.merges.map { "\($0.left) \($0.right)" }).count == vocabulary.merges.count)
      #expect(vocabulary.merges.count == vocabulary.tokens.count - 514)
      try TestData.withTemporaryFolder { folder in
        let out = folder.appendingPathComponent("tokenizer")
        try vocabulary.write(to: out)
        let tokenizer = try CLIPTokenizer.load(from: out)
        #expect(tokenizer.vocabularySize == vocabulary.tokens.count)
        for word in words { #expect(tokenizer.decode(tokenizer.encode(word)).contains(word)) }
      }
    }
  }

  @Test func whatCannotBeDoneIsSaid() throws {
    let trainer = trainer(["a cat"])
    #expect(TokenizerFixtures.message { try trainer.train(size: 513) }.contains("ask for 514"))
    #expect(TokenizerFixtures.message { try trainer.train(size: 1 << 40) }.contains("cannot be made"))
    try TestData.withTemporaryFolder { folder in
      let vocabulary = try trainer.train(size: 520)
      try vocabulary.write(to: folder)
      #expect(TokenizerFixtures.message { try vocabulary.write(to: folder) }.contains("a tokenizer already"))
      let file = folder.appendingPathComponent("vocab.json")
      #expect(
        TokenizerFixtures.message { try vocabulary.write(to: file.appendingPathComponent("x")) }.contains(
          "cannot be made"))
    }
  }
}
