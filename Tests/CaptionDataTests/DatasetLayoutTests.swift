import CaptionData
import Foundation
import Testing

/// A dataset from texts, as if they were files.
func dataset(_ candidates: String, _ references: String? = nil, keepGoing: Bool = false) throws
  -> CaptionDataset
{
  try CaptionDataset(
    candidates: TextFile(name: "candidates", bytes: Array(candidates.utf8)),
    references: references.map { try TextFile(name: "references", bytes: Array($0.utf8)) },
    keepGoing: keepGoing)
}

@Suite struct DatasetLayoutTests {
  private func pairs(_ candidates: String) throws -> [String] {
    try dataset(candidates).items.map { "\($0.id)=\($0.candidate)" }
  }

  @Test(arguments: [
    #"{"b": "a dog", "1": "a cat"}"#,
    #"{"b": ["a dog"], "1": "a cat"}"#,
    "[{\"image_id\": \"b\", \"caption\": \"a dog\"},\n {\"image_id\": 1, \"caption\": \"a cat\"}]",
    #"{"type": "captions", "info": {"a": [1]}, "images": [], "annotations": [{"id": 7, "image_id": "b", "caption": "a dog"}, {"image_id": 1, "caption": "a cat"}]}"#,
    "{\"id\": \"b\", \"caption\": \"a dog\"}\n\n{\"id\": 1, \"text\": \"a cat\", \"score\": null}\n",
    "{\"image\": \"b\", \"candidate\": \"a dog\", \"caption\": \"not this\"}\r\n{\"image\": \"1\", \"caption\": [\"a cat\"]}",
    "id,caption\nb,a dog\n1,a cat\n",
    "\u{FEFF}caption;Image ID\r\n\"a dog\";b\r\n\r\na cat; 1",
    "filename\tprediction\nb\ta dog\n1\ta cat",
    ",image_id,caption,likelihood\n0,b,a dog,.5\n1,1,a cat,.25\n",
    "image| comment_number| comment\nb|0|a dog\n1|0|a cat",
  ])
  func everyLayoutIsTold(_ text: String) throws {
    #expect(try pairs(text) == ["b=a dog", "1=a cat"])
  }

  @Test func oneRowIsNotTakenForAMap() throws {
    #expect(try pairs(#"{"id": "a", "caption": "a dog"}"#) == ["a=a dog"])
  }

  @Test func ofAKeyThatStandsTwiceInARowTheLastCounts() throws {
    #expect(try pairs(#"[{"id": "a", "caption": "a dog", "id": "b", "caption": "a cat"}]"#) == ["b=a cat"])
    let row = #"{"id": "a", "caption": "x", "ref1": "one", "ref2": "two", "ref1": ["three"]}"#
    #expect(
      try dataset(row + "\n" + #"{"id": "b", "caption": "y", "ref1": "four"}"#).items.map(\.references)
        == [["three", "two"], ["four"]])
  }

  @Test func theOrderOfTheFileIsKept() throws {
    let ids = (0..<300).map { "\(($0 * 7919) % 300)" }
    let text = "{" + ids.map { "\"\($0)\": \"caption \($0)\"" }.joined(separator: ",") + "}"
    #expect(try dataset(text).items.map(\.id) == ids)
  }

  @Test func escapesAndQuotesAreResolved() throws {
    #expect(
      try pairs(#"{"a": "\"tab\t \u00e9 \ud83d\ude00 \/ \\"}"#) == ["a=\"tab\t \u{E9} \u{1F600} / \\"])
    #expect(
      try pairs("id,caption\na,\"he said \"\"hi\"\", and\nleft \"\"\"\"\"\n") == [
        "a=he said \"hi\", and\nleft \"\""
      ])
    #expect(
      try pairs("id\tcaption\na\t\"Hello\" he said\nb\t\"quoted\"\nc\t\"open\n").map(\.self) == [
        "a=\"Hello\" he said", "b=quoted", "c=\"open",
      ])
  }

  @Test(arguments: [
    #"{"b": ["one", "two"], "1": "three", "stray": ["x"]}"#,
    #"[{"image_id": "b", "caption": "one"}, {"image_id": 1, "caption": "three"}, {"image_id": "b", "caption": "two"}]"#,
    "id,reference_1,reference_2\n1,three\nb,one,two\n",
    "id,references\n1,three\nb,\"[\"\"one\"\", \"\"two\"\"]\"\n",
    "{\"id\": 1, \"references\": [\"three\"]}\n{\"id\": \"b\", \"references\": [\"one\", \"two\"]}",
    "id\tcaption_1\tcaption_2\n1\tthree\t\nb\tone\ttwo\n",
    "image,caption\nb.jpg,one\nb.jpg,two\n000000000001.jpg,three\n",
    "id,image,caption\n0,b.png,one\n1,b.png,two\n2,1,three\n",
    #"{"images": [{"id": 17, "file_name": "b.jpg"}, {"id": 1}], "annotations": [{"image_id": 17, "caption": "one"}, {"image_id": 17, "caption": "two"}, {"image_id": 1, "caption": "three"}]}"#,
  ])
  func referencesAreFoundInEveryLayout(_ references: String) throws {
    let items = try dataset(#"{"b": "a dog", "1": "a cat"}"#, references).items
    #expect(items.map(\.references) == [["one", "two"], ["three"]])
  }

  @Test func referencesMayStandBesideTheCandidates() throws {
    let wide = try dataset("id,candidate,ref1,ref2\na,x,one,two\nb,y,three,\n")
    #expect(wide.items.map(\.references) == [["one", "two"], ["three"]])
    let long = try dataset("id,candidate,reference\na,x,one\na,x,two\nb,y,three\n")
    #expect(long.items.map(\.references) == [["one", "two"], ["three"]])
    #expect(throws: DatasetError.self) { try dataset("id,candidate,reference\na,x,one\na,z,two\n") }
  }

  @Test func theIdBesideAImageMayBeTheNumberOfTheRow() throws {
    let items = try dataset(
      "id,image,caption\n0,a.jpg,x\n1,b.jpg,y\n",
      "id,image,caption\n0,b.jpg,one\n1,b.jpg,two\n2,a.jpg,three\n"
    ).items
    #expect(items.map(\.references) == [["three"], ["one", "two"]])
    #expect(items.map(\.imageName) == ["a.jpg", "b.jpg"])
    #expect(
      try dataset("id,image,caption\nx,a.jpg,1\n", "id,reference\nx,one\n").items[0].references == ["one"])
  }
}
