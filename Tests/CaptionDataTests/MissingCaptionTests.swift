import CaptionData
import Foundation
import Testing

@Suite struct MissingCaptionTests {
  @Test(arguments: [
    ("id,caption\na,x\nb,\n", "line 3, id \"b\": \"caption\" is empty where a caption must be"),
    ("id,caption\na,x\nb,  \n", "line 3, id \"b\": \"caption\" is empty"),
    ("id,caption\na,x\nb,NaN\n", "line 3, id \"b\": \"caption\" is NaN"),
    ("id\tcaption\na\tx\nb\tnull\n", "line 3, id \"b\": \"caption\" is null"),
    ("{\"a\": \"x\",\n\"b\": NaN}", "line 2, id \"b\": \"b\" is NaN"),
    ("{\"a\": \"x\",\n\"b\": null}", "line 2, id \"b\": \"b\" is null"),
    ("{\"a\": \"x\",\n\"b\": \"\"}", "line 2, id \"b\": \"b\" is an empty string"),
    ("{\"a\": \"x\",\n\"b\": [null]}", "line 2, id \"b\": \"b\" is a list with null in it"),
    ("{\"a\": \"x\",\n\"b\": \"nan\"}", "line 2, id \"b\": \"b\" is \"nan\""),
    (
      "[{\"id\": \"a\", \"caption\": \"x\"},\n{\"id\": \"b\", \"caption\": NaN}]",
      "line 2, id \"b\": \"caption\" is NaN"
    ),
    (
      "{\"id\": \"a\", \"caption\": \"x\"}\n{\"id\": \"b\", \"caption\": null}\n",
      "line 2, id \"b\": \"caption\" is null"
    ),
    ("a.jpg#0\tx\nb.jpg#0\t \n", "line 2, id \"b.jpg\": \"caption\" is empty"),
  ])
  func aMissingCandidateIsAnErrorOrSkipped(_ text: String, _ expected: String) throws {
    let error = #expect(throws: DatasetError.self) { try dataset(text) }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    let kept = try dataset(text, keepGoing: true)
    #expect(kept.items.map(\.candidate) == ["x"])
    #expect(kept.skipped.count == 1 && kept.skipped[0].reason.contains(expected))
    #expect(kept.skipped[0].id?.hasPrefix("b") == true)
    #expect(!kept.skipped[0].reason.contains("--keep-going"), "\(kept.skipped[0].reason)")
    let list = try CaptionList(TextFile(name: "f", bytes: Array(text.utf8)), keepGoing: true)
    #expect(list.texts == ["x"] && list.skipped.count == 1)
    #expect(throws: DatasetError.self) { try CaptionList(TextFile(name: "f", bytes: Array(text.utf8))) }
  }

  @Test(arguments: [
    "image,caption\na,one\na,\nb,two\n", "image,caption\na,one\na,NaN\nb,two\n",
    #"{"a": ["one", null], "b": "two"}"#,
    #"{"a": ["one", NaN], "b": ["two"]}"#,
    #"[{"id": "a", "references": ["one", ""]}, {"id": "b", "references": ["two"]}]"#,
    #"{"images": [{"imgid": "a", "sentences": [{"raw": "one"}, {"raw": null}]}, {"imgid": "b", "sentences": [{"raw": "two"}]}]}"#,
    "id,references\na,\"[\"\"one\"\", null]\"\nb,two\n",
  ])
  func aMissingReferenceIsAnErrorOrSkipped(_ references: String) throws {
    let candidates = #"{"a": "x", "b": "y"}"#
    let error = #expect(throws: DatasetError.self) { try dataset(candidates, references) }
    #expect(error?.description.hasPrefix("references, line ") == true)
    #expect(error?.description.contains("id \"a\"") == true, "\(String(describing: error))")
    let kept = try dataset(candidates, references, keepGoing: true)
    #expect(kept.items.map(\.references) == [["one"], ["two"]])
    #expect(kept.skipped.map(\.id) == ["a"])
  }

  @Test func columnsOfReferencesNeedNotAllBeFull() throws {
    let items = try dataset(#"{"a": "x", "b": "y"}"#, "id,ref1,ref2\na,one,NaN\nb,,two\n").items
    #expect(items.map(\.references) == [["one"], ["two"]])
  }

  @Test func wordsThatLookLikeMissingOnesAreTextInJSON() throws {
    #expect(try dataset(#"{"a": "null", "b": "None"}"#).items.map(\.candidate) == ["null", "None"])
    // A combining mark on a blank, which together are one character.
    #expect(try dataset(#"{"a": " \u0301"}"#).items.map(\.candidate) == [" \u{301}"])
    #expect(try dataset("id,caption\na,a nan bread\n").items.map(\.candidate) == ["a nan bread"])
  }

  @Test func aMissingIDIsNoID() {
    for text in [
      "id,caption\nNaN,x\n", #"[{"id": NaN, "caption": "x"}]"#, #"[{"id": null, "caption": "x"}]"#,
    ] {
      let error = #expect(throws: DatasetError.self) { try dataset(text) }
      #expect(error?.description.contains("\"id\" is") == true, "\(String(describing: error))")
    }
  }

  @Test func noReportAdvisesWhatWasDone() {
    for (reason, expected) in [
      ("f: x; correct it, or leave the item out with --keep-going.", "f: x; correct it."),
      ("f: y; keep one caption an id, or the first with --keep-going.", "f: y; keep one caption an id."),
      ("f: z; use --keep-going, or not.", "f: z; use --keep-going, or not."),
    ] {
      #expect(SkippedItem(id: "a", reason: reason).reason == expected)
    }
    let items = (1...5).map { SkippedItem(id: "\($0)", reason: "it is broken") }
    #expect(
      items.lines(first: 2) == [
        "skipped: 1: it is broken", "skipped: 2: it is broken", "skipped: 3 more, 5 in all",
      ])
    #expect("\(SkippedItem(id: "a.jpg", reason: "a.jpg: no"))" == "a.jpg: no")
  }

  @Test func lyingTokensAreWarnedOf() throws {
    let candidates = #"{"a": "a cat", "b": "a dog"}"#
    let tokens = try dataset(candidates, #"{"a": ["a", "cat", "sits"], "b": ["the", "dog"]}"#)
    #expect(tokens.warnings.count == 1)
    #expect(
      tokens.warnings.first?.hasPrefix("references: 5 of 5 references are single words, such as \"a\"")
        == true
        && tokens.warnings.first?.contains("join its tokens with blanks") == true)
    for references in [
      #"{"a": ["a cat", "cats", "a pet"], "b": ["the dog"]}"#, #"{"a": "cat", "b": "dog"}"#,
      #"{"a": ["一只猫坐着", "猫"], "b": ["一只狗", "狗在跑"]}"#,
    ] {
      #expect(try dataset(candidates, references).warnings.isEmpty, "\(references)")
    }
  }
}
