import CaptionData
import Foundation
import Paraphrase
import TestSupport
import Testing

@Suite struct SourceCaptionsTests {
  private func read(
    _ text: String, as name: String, caption: String? = nil, id: String? = nil, keepGoing: Bool = false
  ) throws -> SourceCaptions {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data(text.utf8).write(to: file)
      return try SourceCaptions(
        contentsOf: file, selection: .init(column: caption, idColumn: id), keepGoing: keepGoing)
    }
  }

  private func pairs(_ source: SourceCaptions) -> [String] { source.captions.map { "\($0.id)|\($0.text)" } }

  @Test func plainTextHasACaptionALine() throws {
    let source = try read("a dog\r\n\n  two\tcats  \n", as: "a.txt")
    #expect(pairs(source) == ["1|a dog", "3|two cats"])
    #expect(!source.hasIDs)
  }

  @Test func flickrTokensGiveTheImage() throws {
    let text = "1.jpg#0\tA dog .\n1.jpg#1\tA hound .\n2.jpg#0\tA cat .\n"
    for name in ["Flickr8k.token.txt", "captions.tsv", "captions"] {
      let source = try read(text, as: name)
      #expect(pairs(source) == ["1.jpg|A dog .", "1.jpg|A hound .", "2.jpg|A cat ."], "\(name)")
      #expect(source.hasIDs)
    }
  }

  @Test func cocoAnnotationsGiveTheImage() throws {
    let source = try read(
      #"{"images": [{"id": 7, "file_name": "7.jpg"}], "annotations": [{"id": 1, "image_id": 7, "caption": "a dog"}, {"id": 2, "image_id": 7, "caption": "a hound"}]}"#,
      as: "captions_val.json")
    #expect(pairs(source) == ["7.jpg|a dog", "7.jpg|a hound"])
  }

  @Test func tablesHaveNamedOrNumberedColumns() throws {
    let named = "file,note,caption\n1.jpg,x,\"a dog, running\"\n2.jpg,y,a cat\n"
    #expect(pairs(try read(named, as: "a.csv")) == ["1.jpg|a dog, running", "2.jpg|a cat"])
    #expect(pairs(try read(named, as: "a.csv", caption: "note")) == ["1.jpg|x", "2.jpg|y"])
    #expect(pairs(try read(named, as: "a.csv", caption: "2", id: "1")) == ["1.jpg|x", "2.jpg|y"])
    #expect(
      pairs(try read(named, as: "a.txt", caption: "note")) == ["1.jpg|x", "2.jpg|y"], "told by content")
    #expect(throws: DatasetError.self) { try read("[\"a dog\"]", as: "a.json", caption: "note") }
    let bare = "a dog\thttp://x/1.jpg\na cat\thttp://x/2.jpg\n"
    #expect(pairs(try read(bare, as: "a.tsv", caption: "1")) == ["1|a dog", "2|a cat"])
    #expect(pairs(try read(bare, as: "a.tsv", caption: "1", id: "2")).first == "http://x/1.jpg|a dog")
  }

  @Test func jsonLinesHaveKeys() throws {
    let text =
      "{\"id\": 5, \"caption\": \"a dog\", \"de\": \"ein Hund\"}\n{\"id\": 6, \"caption\": \"a cat\", \"de\": \"eine Katze\"}\n"
    #expect(pairs(try read(text, as: "a.jsonl")) == ["5|a dog", "6|a cat"])
    #expect(pairs(try read(text, as: "a.jsonl", caption: "de")) == ["5|ein Hund", "6|eine Katze"])
    let strings = try read("\"a dog\"\n\"a cat\"\n", as: "a.jsonl")
    #expect(pairs(strings) == ["1|a dog", "2|a cat"])
    #expect(!strings.hasIDs)
    #expect(pairs(try read("[\"a dog\", \"a cat\"]", as: "a.json")) == ["1|a dog", "2|a cat"])
  }

  @Test func whatGzipHoldsIsRead() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.txt.gz")
      try GzipBytes.file(Data("a dog\n".utf8)).write(to: file)
      #expect(pairs(try SourceCaptions(contentsOf: file)) == ["1|a dog"])
    }
  }

  @Test func captionsOutsideARangeOfWordsAreCounted() throws {
    var source = try read("dog\na dog\na dog runs fast\n", as: "a.txt")
    try source.keep(words: 2...3)
    #expect(pairs(source) == ["2|a dog"])
    #expect(source.outsideWords == 2)
    #expect(throws: ParaphraseError.noCaptions(file: source.name, read: 1)) { try source.keep(words: 9...9) }
  }

  @Test func errorsNameTheLineAndTheRemedy() throws {
    #expect(throws: DatasetError.self) { try read("a,b\n1,2\n", as: "a.csv") }
    let missing = #expect(throws: DatasetError.self) { try read("a,b\n1,2\n", as: "a.csv", caption: "c") }
    #expect(missing?.description.contains("line 1: there is no \"c\" among \"a\", \"b\"") == true)
    let broken = #expect(throws: DatasetError.self) {
      try read("{\"caption\": \"a\"}\n{\"cap\n", as: "a.jsonl")
    }
    #expect(broken?.description.contains("line 2") == true)
    let number = #expect(throws: DatasetError.self) { try read("{\"caption\": 5}\n", as: "a.jsonl") }
    #expect(number?.description.contains("\"caption\" is the number 5") == true)
    #expect(throws: (any Error).self) { try read("", as: "a.txt") }
  }

  @Test func keepGoingListsWhatCannotBeRead() throws {
    let source = try read(
      "{\"caption\": \"a dog\"}\nnonsense\n{\"caption\": \"\"}\n", as: "a.jsonl", keepGoing: true)
    #expect(pairs(source) == ["1|a dog"])
    #expect(source.skipped.count == 2)
    let table = try read("caption,id\na dog,1\na cat\n", as: "a.csv", keepGoing: true)
    #expect(pairs(table) == ["1|a dog"])
    #expect(table.skipped.first?.reason.contains("line 3") == true)
  }

  @Test func damagedFilesNeverTrap() throws {
    let corpus = [
      "1.jpg#0\tA dog .\n1.jpg#1\tA hound .\n", "file,caption\n1.jpg,\"a dog\"\n", "a dog\nfoo\n",
      "{\"id\": 5, \"caption\": \"a dog\"}\n{\"id\": 6, \"caption\": [\"a cat\"]}\n",
      #"{"images": [{"id": 7, "file_name": "7.jpg"}], "annotations": [{"image_id": 7, "caption": "a dog"}]}"#,
      #"{"images": [{"filename": "7.jpg", "split": "test", "sentences": [{"raw": "a dog"}]}]}"#,
      #"{"data": [{"image_id": "7", "caption_str": "a dog", "reference_strs": ["a dog", null]}]}"#,
    ].map { Data($0.utf8) }
    try TestData.withTemporaryFolder { folder in
      for name in ["a.txt", "a.csv", "a.tsv", "a.jsonl", "a.json", "a.txt.gz"] {
        let file = folder.appendingPathComponent(name)
        Fuzzing.run(corpus: corpus, seed: 11, iterations: 150) { input in
          try input.write(to: file)
          _ = try SourceCaptions(contentsOf: file, keepGoing: true)
        }
      }
    }
  }
}
