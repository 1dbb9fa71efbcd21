import Foundation
import Testing

import Compute
import Files
import Retrieval

@Suite struct BranchFileTests {
  @Test func treesOfAFileAreThoseThatWereWritten() throws {
    let trees = try someTrees(someRows(2000), seed: 7)
    try withTemporaryFile { url in
      try Data("older".utf8).write(to: url)
      try trees.write(to: url)
      let again = try BranchTrees(contentsOf: url)
      #expect(again.seed == 7 && again.subsets == trees.subsets && again.rowCount == 2000)
      #expect(again.content == trees.content)
      let folder = url.deletingLastPathComponent().path
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["trees"])
      let box = try #require(
        DecisionBranches(trees, positives: [3], negatives: [4], copyRow: someRows(2000).copyRow).boxes[0]
          .first)
      #expect(try again.rows(in: box) == trees.rows(in: box))
    }
  }

  @Test(arguments: [nil, "", "[]", "{\"scale\": 1}"])
  func treesWithoutTheirFeaturesAreRefused(_ features: String?) throws {
    try withTemporaryFile { url in
      let folder = url.deletingLastPathComponent()
      try someTrees(someRows(50)).write(to: folder.appendingPathComponent("branches"))
      let file = folder.appendingPathComponent("branches.json")
      try features.map { try Data($0.utf8).write(to: file) }
      let error = #expect(throws: BranchError.self) { try BranchIndex(contentsOf: folder) }
      #expect(
        error?.localizedDescription
          == "\(file.path): damaged at the features: expected those of the trees, found "
          + (features == nil ? "no file that can be read" : "another text")
          + "; build the trees again with plumb index --branches.")
    }
  }

  @Test func truncatedFilesAreRefused() throws {
    let bytes = Data(try someTrees(someRows(500), trees: 3).content)
    try withTemporaryFile { url in
      for count in Array(0..<200) + stride(from: 200, to: bytes.count, by: 97) + [
        bytes.count - 1, bytes.count + 1,
      ] {
        try (bytes + [0]).prefix(count).write(to: url)
        #expect(throws: BranchError.self) { try BranchTrees(contentsOf: url) }
        #expect(throws: BranchError.self) { try BranchTrees(contentsOf: url, isVerified: false) }
      }
    }
  }

  @Test func filesWithChangedBytesAreRefused() throws {
    let bytes = try someTrees(someRows(400), trees: 3, leafSize: 20).content
    var random = SplitMix(seed: 1)
    try withTemporaryFile { url in
      for round in 0..<600 {
        var changed = bytes
        // The header in half of the rounds, and each of its bytes once.
        let place = round < 192 ? round : random.next(below: bytes.count)
        changed[place] ^= UInt8(1 + random.next(below: 255))
        try Data(changed).write(to: url)
        #expect(throws: BranchError.self, "byte \(place)") { try BranchTrees(contentsOf: url) }
      }
    }
  }

  @Test func damageThatIsNotLookedForDoesNotCrash() throws {
    let rows = someRows(400)
    let trees = try someTrees(rows, trees: 3, leafSize: 20)
    let branches = try DecisionBranches(
      trees, positives: [1, 21, 41], negatives: [2, 3], copyRow: rows.copyRow)
    var random = SplitMix(seed: 2)
    try withTemporaryFile { url in
      for _ in 0..<200 {
        var changed = trees.content
        for _ in 0..<50 {
          let place = trees.layout.offsets[0] + random.next(below: changed.count - trees.layout.offsets[0])
          changed[place] = UInt8(random.next(below: 256))
        }
        try Data(changed).write(to: url)
        let damaged = try BranchTrees(contentsOf: url, isVerified: false)
        #expect(try branches.hits(in: damaged).allSatisfy { $0.row < 400 })
      }
    }
  }

  @Test func headersWithARightChecksumAndWrongNumbersDoNotCrash() throws {
    let rows = someRows(400)
    let trees = try someTrees(rows, trees: 3, leafSize: 20)
    let branches = try DecisionBranches(
      trees, positives: [1, 21, 41], negatives: [2, 3], copyRow: rows.copyRow)
    var random = SplitMix(seed: 3)
    let extremes: [UInt8] = [0, 1, 2, 8, 9, 127, 128, 255]
    var opened = 0
    try withTemporaryFile { url in
      for _ in 0..<500 {
        var changed = trees.content
        for _ in 0...random.next(below: 4) {
          changed[8 + random.next(below: 128)] = extremes[random.next(below: extremes.count)]
        }
        let sum = BranchFile.headerChecksum(changed, end: trees.layout.offsets[0])
        withUnsafeBytes(of: sum.littleEndian) { changed.replaceSubrange(40..<48, with: $0) }
        try Data(changed).write(to: url)
        guard let wrong = try? BranchTrees(contentsOf: url, isVerified: false) else { continue }
        opened += 1
        _ = try? branches.hits(in: wrong)
      }
    }
    #expect(opened > 0, "the seed may be any")
  }

  @Test func foldersAndMissingFilesAreRefused() throws {
    let trees = try someTrees(someRows(10))
    try withTemporaryFile { url in
      #expect(throws: FileReadError.self) { try BranchTrees(contentsOf: url) }
      #expect(throws: FileReadError.self) { try BranchTrees(contentsOf: url.deletingLastPathComponent()) }
      #expect(throws: FileWriteError.self) { try trees.write(to: url.appendingPathComponent("none")) }
      #expect(throws: FileWriteError.self) { try trees.write(to: url.deletingLastPathComponent()) }
    }
  }
}
