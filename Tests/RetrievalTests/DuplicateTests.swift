import CLIP
import Files
import Foundation
import Retrieval
import TestSupport
import Testing

@Suite struct DuplicateTests {
  /// Compares every image with every kept one, in double precision.
  private func reference(_ images: Embeddings, _ preference: [Int], _ similarity: Double) -> [Int: [Int]] {
    var kept: [Int] = []
    var groups: [Int: [Int]] = [:]
    for image in preference {
      let best = kept.map { (kept: $0, cosine: cosine(images[image], images[$0])) }
        .max { $0.cosine < $1.cosine }
      if let best, best.cosine >= similarity {
        groups[best.kept, default: []].append(image)
      } else {
        kept.append(image)
      }
    }
    return groups
  }

  @Test(arguments: [(700, 1), (300, 3), (1, 2)])
  func groupsAreThoseOfTheDefinition(count: Int, threads: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let dimension = 16
    let centres = (0..<60).map { _ in
      (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
    }
    let values = (0..<count).flatMap { index in
      centres[index * 7 % 60].map { $0 + Float.random(in: -0.12...0.12, using: &generator) }
    }
    let images = try Embeddings(values: values, dimension: dimension)
    let preference = (0..<count).shuffled(using: &generator)
    let found = try DuplicateGroups(
      images, preference: preference, rule: .init(similarity: 0.99), threads: threads)
    let expected = reference(images, preference, 0.99)
    #expect(Set(found.groups.map(\.kept)) == Set(expected.keys))
    for group in found.groups {
      #expect(Set(group.duplicates.map(\.image)) == Set(expected[group.kept] ?? []))
      let similarities = group.duplicates.map(\.similarity)
      #expect(similarities == similarities.sorted(by: >))
    }
  }

  @Test func layoutsDecideWhereEmbeddingsAreLessNear() throws {
    let images = try Embeddings(values: [1, 0, 0.8, 0.6, 0.8, 0.6, 0, 1], dimension: 2)
    let layouts = try Embeddings(values: [1, 0, 1, 0.1, 0, 1, 1, 0], dimension: 2)
    let found = try DuplicateGroups(
      images, layouts: layouts, preference: [0, 1, 2, 3],
      rule: .init(similarity: 1.1, withLayout: (0.7, 0.95)))
    // The second is near the first in both; the third is near it in one alone, and the fourth in the other.
    #expect(found.groups == [.init(kept: 0, duplicates: [.init(image: 1, similarity: 0.8)])])
  }

  @Test func theLargestFileIsKeptAndOfEqualOnesTheFirst() {
    let images = [("b.jpg", 5), ("a.jpg", 9), ("c.jpg", 9), ("a2.jpg", 1)].map {
      DuplicateReport.Image(url: URL(fileURLWithPath: $0), name: $0, size: $1)
    }
    #expect(DuplicateReport.preference(images) == [1, 2, 0, 3])
    // Of an archive's member and a file the file is kept, whatever their sizes.
    let member = FileStretch(of: URL(fileURLWithPath: "x.tar"), name: "big.jpg", offset: 512, size: 99)
    let all = images + [.init(url: member.url, name: "a.tar: big.jpg", size: 99)]
    #expect(DuplicateReport.preference(all) == [1, 2, 0, 3, 4])
  }

  private func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  @Test func movedFilesComeBack() throws {
    try TestData.withTemporaryFolder { folder in
      let photos = folder.appendingPathComponent("photos")
      let files = ["a b.jpg", "sub/c.jpg"].map { folder.appendingPathComponent("photos/\($0)") }
      try FileManager.default.createDirectory(
        at: files[1].deletingLastPathComponent(), withIntermediateDirectories: true)
      for (index, file) in files.enumerated() { try Data("\(index)".utf8).write(to: file) }
      let away = folder.appendingPathComponent("away")
      let list = away.appendingPathComponent("moved.jsonl")
      try MovedFiles(files, of: [photos], to: away).carryOut(list: list)
      #expect(files.allSatisfy { !exists($0) })
      // A list of earlier moves is not replaced.
      let more = folder.appendingPathComponent("photos/d.jpg")
      try Data("d".utf8).write(to: more)
      #expect(throws: RetrievalError.self) {
        try MovedFiles([more], of: [photos], to: away).carryOut(list: list)
      }
      #expect(exists(more))
      // What took the place of a file stays, and so does the file.
      try Data("new".utf8).write(to: files[0])
      let result = try MovedFiles(contentsOf: list).undo()
      #expect(result.moved == 1 && result.skipped.count == 1)
      #expect(try Data(contentsOf: files[0]) == Data("new".utf8))
      #expect(try Data(contentsOf: files[1]) == Data("1".utf8))
      try FileManager.default.removeItem(at: files[0])
      #expect(try MovedFiles(contentsOf: list).undo().moved == 1)
      #expect(try Data(contentsOf: files[0]) == Data("0".utf8))
      #expect(try MovedFiles.retire(list).lastPathComponent == "moved.undone.jsonl")
      #expect(!exists(list))
      try MovedFiles(files, of: [photos], to: away).carryOut(list: list)
      #expect(try MovedFiles.retire(list).lastPathComponent == "moved.undone-2.jsonl")
    }
  }

  /// File systems tell é in one character and in two apart, which `String` does not.
  @Test func namesOfEqualTextAreMovedAndComeBack() throws {
    try TestData.withTemporaryFolder { folder in
      let photos = folder.path + "/photos"
      try FileManager.default.createDirectory(atPath: photos, withIntermediateDirectories: true)
      let files = ["caf\u{E9}.jpg", "cafe\u{301}.jpg", "\u{301}x.jpg"].map {
        URL(fileURLWithPath: photos + "/" + $0)
      }
      for (index, file) in files.enumerated() { try Data("\(index)".utf8).write(to: file) }
      let away = folder.appendingPathComponent("away")
      let list = away.appendingPathComponent("moved.jsonl")
      try MovedFiles(files, of: [URL(fileURLWithPath: photos)], to: away).carryOut(list: list)
      #expect(!files.contains(where: exists))
      #expect(try MovedFiles(contentsOf: list).undo().moved == 3)
      for (index, file) in files.enumerated() {
        let content = try Data(contentsOf: file)
        #expect(content == Data("\(index)".utf8))
      }
    }
  }

  @Test func noFileIsMovedBackOutsideOfWhatWasLookedThrough() throws {
    try TestData.withTemporaryFolder { folder in
      let list = folder.appendingPathComponent("moved.jsonl")
      let mark = #"{"plumb_moves": 1, "folders": ["/data/photos", "/data/one.jpg"]}"#
      for (from, isTaken) in [
        ("/data/photos/a.jpg", true), ("/data/./photos/b/../a.jpg", true), ("/data/one.jpg", true),
        ("/etc/passwd", false), ("/data/photos/../x.jpg", false), ("/data/photos2/a.jpg", false),
        ("/data/photos/../\u{301}x.jpg", false), ("/data/photos/\u{301}x.jpg", true),
      ] {
        try Data("\(mark)\n{\"from\": \"\(from)\", \"to\": \"/data/away/a\"}\n".utf8).write(to: list)
        if isTaken {
          #expect(try MovedFiles(contentsOf: list).moves.map(\.from) == [from])
        } else {
          #expect(throws: RetrievalError.self, "\(from)") { try MovedFiles(contentsOf: list) }
        }
      }
    }
  }

  @Test func aListThatIsNoneIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let list = folder.appendingPathComponent("list")
      let mark = #"{"plumb_moves": 1, "folders": ["/"]}"#
      for text in [
        #"{"from": "/a", "to": "/b"}"#, "", mark.replacing("1", with: "2"), mark + "\n{\"from\": 1}",
      ] {
        try Data((text + "\n").utf8).write(to: list)
        #expect(throws: RetrievalError.self, "\(text)") { try MovedFiles(contentsOf: list) }
      }
    }
  }
}
