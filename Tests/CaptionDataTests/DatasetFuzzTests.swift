import CaptionData
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct DatasetFuzzTests {
  /// Every layout in small, and the damaged files that once mattered.
  private let corpus: [Data]

  init() throws {
    let folder = TestData.fixtures().appendingPathComponent("dataset/fuzz")
    corpus = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      try Data(contentsOf: folder.appendingPathComponent($0))
    }
  }

  @Test(arguments: [false, true]) func damageNeverTraps(_ keepGoing: Bool) throws {
    #expect(corpus.count >= 10)
    Fuzzing.run(corpus: corpus, seed: keepGoing ? 1 : 2) { data in
      let file = try TextFile(name: "f", bytes: [UInt8](data))
      // Both roles, whatever the first of them throws.
      _ = try? CaptionList(file, keepGoing: keepGoing)
      for (name, column, id) in [("f.txt", nil, nil), ("f.tsv", "2", "1"), ("f", "caption", nil)] {
        let named = try TextFile(name: name, bytes: [UInt8](data))
        let selection = CaptionSelection(column: column, idColumn: id, splits: name == "f" ? ["test"] : nil)
        _ = try? CaptionList(named, selection: selection, keepGoing: keepGoing)
        _ = try? CaptionDataset(candidates: named, selection: selection, keepGoing: keepGoing)
      }
      _ = try? CaptionDataset(candidates: file, keepGoing: keepGoing)
      let candidates = try TextFile(name: "c", bytes: Array("{\"a\": \"x\", \"1\": \"y\"}".utf8))
      _ = try CaptionDataset(candidates: candidates, references: file, keepGoing: keepGoing)
    }
  }

  @Test func faultsThatAreSkippedNeverEndTheWork() throws {
    var generator = SeededGenerator(seed: 3)
    for data in corpus {
      for _ in 0..<50 {
        let bytes = [UInt8](Fuzzing.mutate(data, corpus: corpus, using: &generator))
        // What cannot be read at all still ends with one sentence and a full stop.
        do {
          _ = try CaptionDataset(candidates: TextFile(name: "f", bytes: bytes), keepGoing: true)
        } catch {
          #expect("\(error)".hasPrefix("f") && "\(error)".hasSuffix("."))
        }
      }
    }
  }

  @Test func generatedTablesComeBack() throws {
    var generator = SeededGenerator(seed: 4)
    let pieces = ["a", "\"", ",", "\n", "\r\n", "\t", ";", "|", " ", "\u{E9}", "\u{1F600}", "[", "\\", "{"]
    for round in 0..<300 {
      // A letter at the end: a caption of blanks would be a missing one.
      let captions = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
        (0..<Int.random(in: 1...8, using: &generator)).compactMap { _ in
          pieces.randomElement(using: &generator)
        }
        .joined() + "a"
      }
      let delimiter = [",", ";", "|"][round % 3]
      let table =
        "id\(delimiter)caption\n"
        + captions.enumerated().map {
          "\($0)\(delimiter)\"\($1.replacingOccurrences(of: "\"", with: "\"\""))\""
        }.joined(separator: round % 2 == 0 ? "\n" : "\r\n")
      #expect(try dataset(table).items.map(\.candidate) == captions)
      let lines = try captions.enumerated().map { index, caption in
        try (["id": .integer(index), "caption": .string(caption)] as JSONValue).text()
      }
      #expect(try dataset(lines.joined(separator: "\n")).items.map(\.candidate) == captions)
    }
  }
}
