import Foundation
import Paraphrase
import TestSupport
import Testing

@Suite struct PromptTests {
  private func set(plain: String? = nil, paraphrase: String? = nil) throws -> PromptSet {
    try TestData.withTemporaryFolder { folder in
      try PromptSet.writeBuiltIn(to: folder)
      if let plain { try Data(plain.utf8).write(to: folder.appendingPathComponent("plain.txt")) }
      if let paraphrase {
        try Data(paraphrase.utf8).write(to: folder.appendingPathComponent("paraphrase.txt"))
      }
      return try PromptSet(folder: folder)
    }
  }

  @Test func whatIsWrittenIsWhatIsBuiltIn() throws {
    #expect(try set() == PromptSet())
    #expect(try set().version == "1")
    #expect(try set().plain.text.hasPrefix("Each item"), "the version is not told to the model")
  }

  @Test func changedPromptsHaveAnotherVersion() throws {
    let own = try set(
      plain: "version: mine 2\nBe brief: {captions}", paraphrase: "version: mine 2\nAgain: {captions}")
    #expect(own.version == "mine 2")
    let mixed = try set(
      plain: "version: a\nBe brief: {captions}", paraphrase: "version: b\nAgain: {captions}")
    #expect(mixed.version == "a/b")
    let quiet = try set(plain: "version: 1\nBe brief: {captions}")
    #expect(quiet.version.hasPrefix("1-") && quiet.version.count == 10)
    #expect(try set(plain: "version: 1\nBe very brief: {captions}").version != quiet.version)
    let nameless = try set(plain: "Be brief: {captions}", paraphrase: "Again: {captions}")
    #expect(nameless.version.count == 8)
  }

  @Test(arguments: ["no place for captions", "{captions} and {captions}", "version:\n{captions}", ""])
  func promptsThatCannotWorkAreRefused(text: String) {
    let error = #expect(throws: ParaphraseError.self) { try set(plain: text) }
    #expect(error?.description.contains("plain.txt") == true)
  }

  @Test func promptsAreNotOverwritten() throws {
    try TestData.withTemporaryFolder { folder in
      try PromptSet.writeBuiltIn(to: folder)
      #expect(throws: ParaphraseError.self) { try PromptSet.writeBuiltIn(to: folder) }
      let plain = folder.appendingPathComponent("plain.txt")
      try FileManager.default.removeItem(at: plain)
      #expect(throws: ParaphraseError.self) { try PromptSet.writeBuiltIn(to: folder) }
      #expect(!FileManager.default.fileExists(atPath: plain.path), "nor is one of them written")
      #expect(throws: ParaphraseError.self) { try PromptSet(folder: folder.appendingPathComponent("none")) }
    }
  }

  @Test func anEstimateSaysWhatIsLeftToAsk() throws {
    try RunSupport.with(captions: 13) { support in
      let server = try ChatServer()
      defer { server.stop() }
      let nothing = try ParaphraseEstimate(support.captions, plan: support.plan, model: "tiny", cache: nil)
      #expect(
        nothing.captions == 13 && nothing.texts == 12 && nothing.plain == 12 && nothing.paraphrase == 12)
      #expect(nothing.requests == 8 && nothing.tokens > 0)
      var half = support
      half.captions = Array(support.captions.prefix(6))
      _ = try half.run(server)
      let rest = try ParaphraseEstimate(
        support.captions, plan: support.plan, model: "tiny", cache: support.cache())
      #expect(rest.finished == 6 && rest.cached == 12 && rest.plain == 6 && rest.requests == 4)
      let other = try ParaphraseEstimate(
        support.captions, plan: support.plan, model: "other", cache: support.cache())
      #expect(other.finished == 0)
    }
  }
}
