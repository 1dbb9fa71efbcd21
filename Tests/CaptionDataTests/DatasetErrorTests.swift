import CaptionData
import Files
import Foundation
import TestSupport
import Testing

@Suite struct DatasetErrorTests {
  /// The sentence that reading ends with, or "read".
  private func sentence(_ candidates: String, _ references: String? = nil) -> String {
    do {
      _ = try dataset(candidates, references)
      return "read"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("", "candidates: the file is empty; give a file with captions in it."),
    (" \n\t", "candidates: the file is empty; give a file with captions in it."),
    ("{}", "candidates: no candidate is left to score; correct the file, or see what was skipped."),
    (
      "{\"a\": 1}",
      "candidates, line 1, id \"a\": \"a\" is the number 1 where a caption in quotes must be; correct it, or leave "
        + "the item out with --keep-going."
    ),
    ("{\n\"a\": null}", "candidates, line 2, id \"a\": \"a\" is null where a caption in quotes must be"),
    ("{\"a\": [\"x\", \"y\"]}", "\"a\" is a list of 2 captions where one caption to score must be"),
    ("{\"a\": []}", "\"a\" is an empty list where one caption to score must be"),
    ("{\"a\": {\"caption\": \"x\"}}", "\"a\" is an object where"),
    ("{\"a\": [\"x\", 1]}", "\"a\" is a list with a number in it where"),
    (
      "{\"a\": \"x\",\n \"a\": \"y\"}",
      "candidates, line 2: id \"a\" already has a candidate on line 1; keep one caption an id, or the first with "
        + "--keep-going."
    ),
    ("{\"a\": \"x\"", "candidates, line 1: the JSON text ends before \"}\"; correct the JSON there."),
    ("{\"a\": \"x\"\n\"b\": \"y\"}", "line 2: a comma or \"}\" is missing before \"\"b\": \"y\"}\""),
    ("{\"a\": \"x\",}", "a comma stands before \"}\""),
    ("{\"a\" \"x\"}", "a colon is missing after \"a\""),
    ("{a: \"x\"}", "a key in quotes is missing before"),
    ("{\"a\": \"x}", "a string has no closing quote"),
    ("{\"a\": \"x\ny\"}", "a string holds a line break that is not escaped"),
    ("{\"a\": \"\\x\"}", "a string holds an escape that JSON does not have"),
    ("{\"a\": \"\\u12\"}", "\\u is not followed by four hexadecimal digits"),
    ("{\"a\": \"\\ud800\"}", "a string holds half of a character"),
    ("{\"a\": NaN}", "line 1, id \"a\": \"a\" is NaN where a caption in quotes must be"),
    ("{\"a\": 01}", "\"01\" is not a JSON number"),
    ("{\"a\": \"x\"} trailing", "text follows the end of the JSON value, at \"trailing\""),
    ("[[1]]", "\"row\" is a list where an object with an id and a caption must be"),
    (
      "[{\"caption\": \"x\"}]",
      "candidates, line 1: there is no column for the ids among \"caption\"; name it \"id\" or \"image_id\", or say "
        + "which it is with --id-column."
    ),
    (
      "[{\"id\": 1, \"words\": \"x\"}]",
      "no column for the captions among \"id\", \"words\"; name it \"caption\""
    ),
    (
      "[{\"image_id\": 1.5, \"caption\": \"x\"}]",
      "\"image_id\" is the number 1.5 where a string or a whole number"
    ),
    ("[{\"image_id\": \"\", \"caption\": \"x\"}]", "\"image_id\" is an empty string where"),
    ("id,caption\na,x\na,y\n", "candidates, line 3: id \"a\" already has a candidate on line 2"),
    (
      "id,caption\na,one, two\n",
      "candidates, line 2: there are 3 columns where the first line names 2; put texts that hold delimiters or quotes "
        + "in quotes, quotes doubled, or use --keep-going."
    ),
    ("id,caption\na\n", "there are 1 columns where at least 2 are needed"),
    ("id,caption\n,x\n", "candidates, line 2: \"id\" is empty where an id must be"),
    ("id,caption\na,\"x\n\n", "candidates, line 2: a quote is opened and never closed"),
    ("id,caption\na,\"x\" y\n", "text follows a closing quote"),
    ("a dog\na cat\n", "there is no column for the ids among \"a dog\"; name it"),
    ("1000.jpg\ta dog\n", "there is no column for the ids among \"1000.jpg\", \"a dog\""),
    ("id,words\na,x\n", "there is no column for the captions among \"id\", \"words\""),
    ("id,reference\na,x\n", "there is no column for the captions among"),
    (
      "{\"id\": 1, \"caption\": \"x\"}\n{\"id\": 2, \"caption\": \"y\"\n",
      "candidates, line 2: the JSON text ends"
    ),
    (
      "{\"id\": 1, \"caption\": \"x\"\n{\"id\": 2, \"caption\": \"y\"}\n",
      "candidates, line 1: the JSON text ends"
    ),
  ])
  func everyFaultIsNamedWithItsPlace(_ text: String, _ expected: String) {
    let found = sentence(text)
    #expect(found.contains(expected), "\(found)")
    #expect(found.hasPrefix("candidates") && found.hasSuffix("."))
  }

  @Test(arguments: [
    ([0xFF, 0xFE, 0x69, 0x00], "UTF-16, not UTF-8 text; convert it with: iconv -f UTF-16 -t UTF-8."),
    ([0x69, 0x00, 0x64, 0x00], "UTF-16"), ([0x00, 0x69, 0x00, 0x64], "UTF-16"),
    ([0x1F, 0x8B, 0x08], "compressed with gzip, not UTF-8 text; unpack it with gunzip."),
    ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0x50, 0x4B, 0x03, 0x04], "a zip archive or a spreadsheet"),
    (
      [0x7F, 0x45, 0x4C, 0x46, 0x02, 0x00, 0x41, 0x41, 0x41, 0x41],
      "binary, not UTF-8 text; give a text file."
    ),
  ])
  func whatIsNoTextIsNamed(_ bytes: [UInt8], _ expected: String) {
    let error = #expect(throws: DatasetError.self) { try TextFile(name: "f", bytes: bytes) }
    #expect(error?.description.contains("f: the file is") == true)
    #expect(error?.description.contains(expected) == true)
  }

  @Test func otherEncodingsAreNamedWithTheirLine() throws {
    for text in ["id,caption\na,x\nb,caf\u{E9}\n", "{\"a\": \"x\",\n\"b\": \"\u{E9}\"\n}"] {
      let latin1 = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      let error = #expect(throws: DatasetError.self) {
        try CaptionDataset(candidates: TextFile(name: "f", bytes: latin1))
      }
      #expect(error?.description.contains("not UTF-8") == true)
      #expect(error?.description.hasPrefix("f, line \(text.hasPrefix("id") ? 3 : 2)") == true)
    }
  }

  @Test func depthIsLimited() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(sentence("{\"a\": \(deep)").contains("nested more than 128 deep"))
    #expect(sentence(deep).contains("nested more than 128 deep"))
  }

  @Test func referencesThatAreMissingAreNamed() throws {
    #expect(
      sentence("{\"a\": \"x\",\n\"b\": \"y\"}", "{\"a\": [\"r\"]}")
        == "candidates, line 2: id \"b\" has no references in references; add them, or leave the item out with "
        + "--keep-going.")
    #expect(sentence("{\"a\": \"x\"}", "{\"a\": []}").contains("id \"a\" has no references"))
    #expect(
      sentence("{\"a\": \"x\"}", "image,caption\nu/a.jpg,1\nv/a.jpg,2\n")
        .contains(
          "id \"a\" fits several entries in references: \"u/a.jpg\", \"v/a.jpg\"; write the full name"))
    var bare = try dataset("{\"a\": \"x\"}")
    #expect(throws: DatasetError.noReferences(file: "candidates", line: 1, id: "a", references: "candidates"))
    {
      try bare.requireReferences()
    }
  }

  @Test func keepGoingLeavesOutAndLists() throws {
    let map = try dataset(
      "{\"a\": \"x\", \"b\": 1, \"c\": [], \"a\": \"y\", \"d\": \"z\", \"e\": \"w\"}",
      "{\"a\": [\"r\"], \"d\": 5, \"e\": \"s\"}", keepGoing: true)
    #expect(map.items.map(\.id) == ["a", "e"])
    #expect(map.items.first?.candidate == "x")
    #expect(map.skipped.map(\.id) == ["b", "c", "a", "d", "d"])
    let lines = try dataset(
      "{\"id\": 1, \"caption\": \"x\"}\n{\"id\": 2, \"caption\n{\"id\": 3}\n[1]\n{\"id\": 4, \"caption\": \"y\"}\n",
      keepGoing: true)
    #expect(lines.items.map(\.id) == ["1", "4"])
    #expect(lines.skipped.count == 3)
    #expect(lines.skipped[0].reason.hasPrefix("candidates, line 2: a string has no closing quote"))
    let table = try dataset("id,caption\na,x\nb,y,z\nc,\"q\" r\nd,\"w\"\ne,\"open\nf,g\n", keepGoing: true)
    #expect(table.items.map(\.id) == ["a", "d", "f"])
    #expect(table.skipped.count == 3)
    #expect(throws: DatasetError.noCandidates(file: "candidates")) {
      try dataset("{\"a\": 1}", keepGoing: true)
    }
  }

  @Test func filesThatCannotBeReadAreNamed() throws {
    try TestData.withTemporaryFolder { folder in
      func reason(_ url: URL) -> String? {
        (#expect(throws: DatasetError.self) { try CaptionDataset(candidates: url) })?.description
      }
      let missing = folder.appendingPathComponent("no.json")
      #expect(reason(missing) == "\(missing.relativePath): cannot be read: No such file or directory.")
      #expect(reason(folder)?.contains("Is a directory") == true)
      // As large as archives of images are, and refused without being read, which no memory would be enough for.
      let archive = folder.appendingPathComponent("images.tar")
      try Data("name.jpg\0\0".utf8).write(to: archive)
      #expect(truncate(archive.path, 1 << 40) == 0)
      #expect(reason(archive)?.contains("binary") == true)
    }
  }
}
