import CaptionData
import Foundation
import TestSupport
import Testing

@Suite struct CaptionListTests {
  private func list(
    _ text: String, as name: String = "f", column: String? = nil, id: String? = nil, splits: [String]? = nil,
    keepGoing: Bool = false
  ) throws -> CaptionList {
    try CaptionList(
      TextFile(name: name, bytes: Array(text.utf8)),
      selection: CaptionSelection(column: column, idColumn: id, splits: splits), keepGoing: keepGoing)
  }

  private func texts(_ text: String, as name: String = "f") throws -> [String] {
    try list(text, as: name).texts
  }

  private func pairs(_ list: CaptionList) -> [String] { list.captions.map { "\($0.id)=\($0.text)" } }

  @Test func everyKindOfListIsRead() throws {
    #expect(try texts("a dog\r\n\n a cat \n") == ["a dog", "", " a cat "])
    #expect(try texts("[\"a dog\",\n\"a \\\"cat\\\"\"]") == ["a dog", "a \"cat\""])
    #expect(try texts("\"a dog\"\n{\"id\": 1, \"caption\": \"a cat\"}\n\n") == ["a dog", "a cat"])
    #expect(try texts("{\"caption\": \"a dog\"}\n\"a cat\"\n", as: "f.jsonl") == ["a dog", "a cat"])
    #expect(try texts("{\"caption\": \"a dog\"}") == ["a dog"])
    #expect(try texts("[not json\n\"nor this\n", as: "f.txt") == ["[not json", "\"nor this"])
    #expect(try texts("[]") == [])
  }

  @Test(arguments: [
    "image,caption\na.jpg,\"a dog, running\"\nb.jpg,a cat\n",
    "image\tcaption\na.jpg\ta dog, running\nb.jpg\ta cat\n",
    "a.jpg#0\ta dog, running\nb.jpg#3\ta cat\n", #"{"a.jpg": "a dog, running", "b.jpg": ["a cat"]}"#,
    #"[{"image_id": "a.jpg", "caption": "a dog, running"}, {"image_id": "b.jpg", "caption": "a cat"}]"#,
    #"{"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}], "annotations": [{"image_id": 1, "caption": "a dog, running"}, {"image_id": 2, "caption": "a cat"}]}"#,
    #"{"images": [{"filename": "a.jpg", "split": "x", "sentences": [{"raw": "a dog, running"}]}, {"filename": "b.jpg", "split": "y", "sentences": [{"raw": "a cat"}]}]}"#,
    #"{"data": [{"image_id": "a.jpg", "caption_str": "a dog, running"}, {"image_id": "b.jpg", "caption_str": "a cat"}]}"#,
    "{\"image\": \"a.jpg\", \"caption\": \"a dog, running\"}\n{\"image\": \"b.jpg\", \"caption\": \"a cat\"}\n",
  ])
  func captionsAreTheSameInEveryLayoutUnderEveryName(_ text: String) throws {
    // A .txt is told from others by its first line, and is never JSON.
    let names =
      text.hasPrefix("{") || text.hasPrefix("[") ? ["f", "f.json"] : ["f", "f.txt", "captions.token"]
    for name in names {
      let list = try list(text, as: name)
      #expect(pairs(list) == ["a.jpg=a dog, running", "b.jpg=a cat"], "\(name)")
      #expect(list.hasIDs && !list.isPlainText)
    }
  }

  @Test func columnsHaveNamesOrNumbers() throws {
    let bare = "a.jpg\ta dog, running\t5\nb.jpg\ta cat\t6\n"
    for name in ["f", "f.tsv", "f.txt"] {
      #expect(pairs(try list(bare, as: name, column: "2")) == ["1=a dog, running", "2=a cat"], "\(name)")
      #expect(
        pairs(try list(bare, as: name, column: "2", id: "1")) == ["a.jpg=a dog, running", "b.jpg=a cat"])
    }
    let named = "key,en,de\n7,a dog,ein Hund\n"
    #expect(pairs(try list(named, as: "f.csv", column: "de")) == ["7=ein Hund"])
    #expect(pairs(try list(named, as: "f.csv", column: "3", id: "en")) == ["a dog=ein Hund"])
    let rows = #"[{"nr": 4, "de": "ein Hund", "caption": "a dog"}]"#
    #expect(pairs(try list(rows, column: "de", id: "nr")) == ["4=ein Hund"])
  }

  @Test func splitsAreChosen() throws {
    let text = #"""
      {"images": [{"filename": "a.jpg", "imgid": 3, "split": "train", "sentences": [{"raw": "one"}, {"raw": "two"}]},
      {"filename": "b.jpg", "imgid": 4, "split": "test", "sentences": [{"raw": "three"}]}]}
      """#
    #expect(try list(text).texts == ["one", "two", "three"])
    #expect(pairs(try list(text, splits: ["test"])) == ["b.jpg=three"])
    #expect(try list(text, splits: ["test", "train"]).texts.count == 3)
    #expect(try list("caption,split\na,train\nb,test\n", as: "f.csv", splits: ["test"]).texts == ["b"])
    let stranger = #expect(throws: DatasetError.self) { try list(text, splits: ["val"]) }
    #expect(
      stranger?.description
        == "f: there is no split \"val\" among \"train\", \"test\"; choose from these with --split.")
    let none = #expect(throws: DatasetError.self) { try list("{\"a\": \"b\"}", splits: ["val"]) }
    #expect(none?.description.contains("does not divide its images into splits") == true)
  }

  @Test(arguments: [
    (
      "[\"a\", 1]",
      "f, line 1: text 2 is the number 1 where a caption in quotes must be; correct it, or leave it out with "
        + "--keep-going."
    ),
    ("[\"a\", \" \"]", "f, line 1: text 2 is blank where a caption in quotes must be; correct it"),
    ("[\"a\",\n[]]", "f, line 2: text 2 is an empty list"),
    ("[\"a\",\nnull]", "f, line 2: text 2 is null"), ("[\"a\", {}]", "there is no column for the captions"),
    ("{\"id\": 1}", "\"id\" is the number 1 where a string or a list of strings must be"),
    ("[\"a\"] b", "text follows the end of the JSON value"),
    ("\"a\" b\n", "text follows the end of the JSON value"), ("[\"a\"", "the JSON text ends before"),
  ])
  func faultsAreNamedWithTheirPlace(_ text: String, _ expected: String) {
    let error = #expect(throws: DatasetError.self) { try texts(text) }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    ("a.jpg\ta dog\n", "f.txt", nil, "there is no column for the captions among \"a.jpg\", \"a dog\""),
    ("a dog\nacat\n", "f.csv", nil, "say which it is with --column"),
    (
      "image,caption\na,b\n", "f.csv", "words",
      "there is no \"words\" among \"image\", \"caption\"; give one of them with --column"
    ),
    ("a,b\n", "f.csv", "3", "there is no column 3, only 2"),
    ("{\"a\": \"x\"}", "f.json", "words", "neither a table nor a list of JSON objects"),
    ("[{\"a\": \"x\"}]", "f.json", "words", "there is no \"words\" among \"a\""),
  ])
  func whatIsNoCaptionIsNeverTakenForOne(
    _ text: String, _ name: String, _ column: String?, _ expected: String
  ) {
    let error = #expect(throws: DatasetError.self) { try list(text, as: name, column: column) }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
  }

  @Test func whatGzipHoldsIsRead() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.txt.gz")
      try GzipBytes.file(Data("a dog\na cat\n".utf8)).write(to: file)
      #expect(try CaptionList(contentsOf: file).texts == ["a dog", "a cat"])
      try GzipBytes.file(Data("a dog\na cat\n".utf8)).dropLast(9).write(to: file)
      let error = #expect(throws: DatasetError.self) { try CaptionList(contentsOf: file) }
      #expect(error?.description.contains("the gzip file is damaged") == true)
    }
  }
}
