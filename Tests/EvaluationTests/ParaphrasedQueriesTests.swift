import CaptionData
import Evaluation
import Files
import Foundation
import TestSupport
import Testing

@Suite struct ParaphrasedQueriesTests {
  private func set(
    _ text: String, query: String? = nil, paraphrase: String? = nil, keepGoing: Bool = false
  ) throws -> ParaphrasedQueries {
    try ParaphrasedQueries(
      TextFile(name: "x", bytes: Array(text.utf8)), query: query, paraphrase: paraphrase, keepGoing: keepGoing
    )
  }

  private func problem(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "read"
    } catch { return sentence(for: error) }
  }

  private let lines = """
    {"id": "a.jpg", "caption": "a dog", "plain": "dog", "paraphrase": "a hound", "model": "m", "tokens": 5}

    {"paraphrase": "a ship", "caption": "a boat", "id": 12}

    """

  @Test func whatParaphraseWritesIsRead() throws {
    let read = try set(lines)
    #expect(
      read.pairs == [
        .init(image: "a.jpg", query: "a dog", paraphrase: "a hound", line: 1),
        .init(image: "12", query: "a boat", paraphrase: "a ship", line: 3),
      ])
    // A file of one line is no other than one of several.
    #expect(try set(String(lines.split(separator: "\n")[0])).pairs == [read.pairs[0]])
    let plain = try set(
      lines.replacingOccurrences(of: "a hound\"", with: "\"").replacingOccurrences(
        of: "\"id\": 12", with: "\"id\": 12, \"plain\": \"boat\""),
      query: "caption", paraphrase: "plain")
    #expect(plain.pairs.map(\.paraphrase) == ["dog", "boat"])
  }

  @Test func anyTwoColumnsAreRead() throws {
    let table = try set("wish,other,image\n\"a, b\",c,p.jpg\nd,e,q.jpg\n", query: "wish", paraphrase: "other")
    #expect(
      table.pairs == [
        .init(image: "p.jpg", query: "a, b", paraphrase: "c", line: 2),
        .init(image: "q.jpg", query: "d", paraphrase: "e", line: 3),
      ])
    let unnamed = try set("caption\tparaphrase\na\tb\n")
    #expect(unnamed.pairs == [.init(query: "a", paraphrase: "b", line: 2)])
    let list = try set(#"[{"x": "a", "y": "b"}, {"y": "d", "x": "c"}]"#, query: "x", paraphrase: "y")
    #expect(list.pairs.map(\.query) == ["a", "c"] && list.pairs.map(\.paraphrase) == ["b", "d"])
  }

  @Test func captionsOfOneImageAreReadByTheirNumbers() throws {
    let flickr = "a.jpg#0\tone\na.jpg#1\ttwo\na.jpg#2\tthree\nb.jpg#0\tfour\nb.jpg#1\tfive\n"
    #expect(
      try set(flickr).pairs == [
        .init(image: "a.jpg", query: "one", paraphrase: "two"),
        .init(image: "b.jpg", query: "four", paraphrase: "five"),
      ])
    #expect(try set(flickr, query: "2", paraphrase: "1").pairs.map(\.query) == ["two", "five"])
    let coco = #"""
      {"images": [{"id": 7, "file_name": "s.jpg"}], "annotations": [
        {"image_id": 7, "caption": "one"}, {"image_id": 7, "caption": "two"}]}
      """#
    #expect(try set(coco).pairs == [.init(image: "s.jpg", query: "one", paraphrase: "two")])
    #expect(try set(#"{"7": ["one", "two"]}"#).pairs.map(\.image) == ["7"])
    #expect(
      problem { _ = try set(flickr, paraphrase: "3") }.contains(
        "\"b.jpg\" has 2 captions where caption 3 is asked for"))
    #expect(problem { _ = try set(flickr, query: "0", paraphrase: "2") }.contains("caption 0 is asked for"))
    let kept = try set(flickr, paraphrase: "3", keepGoing: true)
    #expect(kept.pairs.map(\.image) == ["a.jpg"] && kept.skipped.map(\.id) == ["b.jpg"])
  }

  @Test func ofAFileWithSplitsTheTestImagesAreTakenAndTheNoteSaysHowOthersAre() throws {
    let document = #"""
      {"images": [
        {"filename": "a.jpg", "imgid": 0, "split": "test", "sentences": [{"raw": "a dog"}, {"raw": "dog"}]},
        {"filename": "b.jpg", "imgid": 1, "split": "train", "sentences": [{"raw": "a cat"}, {"raw": "cat"}]}]}
      """#
    let read = try set(document)
    #expect(read.pairs.map(\.image) == ["a.jpg"])
    #expect(
      read.warnings == [
        "x: of its splits test, train only test is taken; for others, name their images in a file and give it with --split"
      ])
  }

  @Test func whatIsWrongIsSaidInOneSentence() throws {
    #expect(problem { _ = try set("") }.contains("the file is empty"))
    #expect(
      problem { _ = try set("a,b\nc,d\n", query: "a", paraphrase: "z") }.contains(
        "no column is named \"z\" among \"a\", \"b\""))
    #expect(
      problem { _ = try set(#"{"id": 1, "caption": "a", "paraphrase": null}"#) }.contains(
        "line 1, id \"1\": \"paraphrase\" is null where a caption in quotes must be"))
    #expect(
      problem { _ = try set(lines, paraphrase: "paraphrased") }.contains(
        "no column is named \"paraphrased\" among"))
    #expect(
      problem { _ = try set("[\(#"{"id": "a", "caption": "b"}"#)]", query: "captoin", paraphrase: "id") }
        .contains(
          "no column is named \"captoin\" among \"id\", \"caption\""))
    #expect(
      problem { _ = try set(lines + #"{"id": "b", "caption": "a", "other": "c"}"#, paraphrase: "other") }
        .contains(
          "\"other\" is nothing"))
    #expect(
      problem { _ = try set(lines + #"{"id": "b", "caption": "a", "paraphrase": " "}"#) }.contains(
        "line 4, id \"b\": \"paraphrase\" is blank where a caption must be"))
    #expect(
      problem { _ = try set(lines + #"{"caption": "a", "paraphrase": "b"}"#) }.contains("\"id\" is nothing"))
    #expect(problem { _ = try set(lines + "{\"id\": ") }.contains("x, line 4"))
    #expect(problem { _ = try set("caption,paraphrase\n") }.contains("no query with a paraphrase is left"))
    let damaged = lines + "{\"id\": \n{\"caption\": \"a\", \"paraphrase\": \"b\"}\n[1]\n"
    let kept = try set(damaged, keepGoing: true)
    #expect(kept.pairs.count == 2 && kept.skipped.count == 3, "\(kept.skipped)")
  }

  @Test func imagesAreThoseThatThePairsName() throws {
    try TestData.withTemporaryFolder { folder in
      for name in ["a.jpg", "000000000012.jpg", "c.jpg"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      var paired = try set(lines + lines)
      try paired.findImages(in: folder)
      #expect(paired.images.map(\.lastPathComponent) == ["a.jpg", "000000000012.jpg"])
      #expect(paired.imageOfPair == [0, 1, 0, 1])
      var free = try set(lines)
      try free.findImages(in: folder, isUnpaired: true)
      #expect(free.images.count == 3 && free.imageOfPair == nil)
      let names = folder.appendingPathComponent("names.txt")
      try Data("a\n\nc.jpg\n".utf8).write(to: names)
      try free.findImages(in: folder, isUnpaired: true, split: names)
      #expect(free.images.map(\.lastPathComponent) == ["a.jpg", "c.jpg"])
      let file = folder.appendingPathComponent("p.jsonl")
      try Data(lines.utf8).write(to: file)
      #expect(try ParaphrasedQueries(contentsOf: file, split: names).pairs.map(\.image) == ["a.jpg"])

      var missing = try set(lines.replacingOccurrences(of: "12", with: "99"))
      #expect(problem { try missing.findImages(in: folder) }.contains("id \"99\" has no image"))
      try missing.findImages(in: folder, keepGoing: true)
      #expect(missing.pairs.count == 1 && missing.imageOfPair == [0])
      #expect(missing.skipped.map(\.id) == ["99"])
      var strangers = try set(
        lines.replacingOccurrences(of: "12", with: "99").replacingOccurrences(of: "a.jpg", with: "z.jpg"))
      #expect(
        problem { try strangers.findImages(in: folder) }.contains(
          "none of its ids leads to an image in \(folder.relativePath)"))
    }
  }

  @Test func damageNeverTraps() {
    let corpus = [
      lines, "caption,paraphrase,id\na,\"b\",c.jpg\n", #"[{"caption": "a", "paraphrase": "b"}]"#,
      "a.jpg#0\tone\na.jpg#1\ttwo\n", #"{"7": ["one", "two"]}"#,
    ].map { Data($0.utf8) }
    Fuzzing.run(corpus: corpus, seed: 53) { data in
      let file = try TextFile(name: "x", bytes: Array(data))
      _ = try? ParaphrasedQueries(file, query: "caption", paraphrase: "paraphrase", keepGoing: true)
      _ = try ParaphrasedQueries(file, keepGoing: true)
    }
  }
}
