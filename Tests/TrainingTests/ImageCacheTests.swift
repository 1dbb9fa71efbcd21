import Foundation
import TestSupport
import Testing
import Training

@Suite struct ImageCacheTests {
  static func plan(_ cache: ImageCache?) -> ImagePlan {
    var augmentation = Augmentation()
    augmentation.cropScale = 0.5...1
    augmentation.flip = 0.5
    return ImagePlan(preprocessing: .clip(imageSize: 16), augmentation: augmentation, cache: cache)
  }

  static func floats(_ set: TrainingSet, _ cache: ImageCache?) throws -> [[Float]] {
    ImageTests.floats(try ImageTests.batches(set, plan(cache), epochs: 3))
  }

  @Test func whatIsLearntDoesNotDependOnWhatIsKept() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 10)
      let memory = ImageCache.memory(edge: 20, byteLimit: 1 << 20, for: set)
      let small = ImageCache.memory(edge: 20, byteLimit: 4000, for: set)
      let none = ImageCache.memory(edge: 20, byteLimit: 0, for: set)
      let file = try ImageCache.file(
        folder.appendingPathComponent("cache"), edge: 20, byteLimit: 1 << 20, for: set)
      let all = try Self.floats(set, memory)
      #expect(try Self.floats(set, small) == all)
      #expect(try Self.floats(set, none) == all)
      #expect(try Self.floats(set, file) == all)
      #expect(memory.count == 10)
      #expect(file.count == 10)
      #expect((1..<10).contains(small.count))
      #expect(none.count == 0)
    }
  }

  @Test func theNextRunFindsTheFileAgain() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 6)
      let url = folder.appendingPathComponent("cache")
      let first = try Self.floats(set, .file(url, edge: 20, byteLimit: 1 << 20, for: set))
      for item in 0..<6 {
        try FileManager.default.removeItem(at: folder.appendingPathComponent(set.id(item)))
      }
      #expect(try Self.floats(set, .file(url, edge: 20, byteLimit: 1 << 20, for: set)) == first)
      #expect(
        message { try ImageCache.file(url, edge: 24, byteLimit: 1 << 20, for: set) }
          .contains("it was made for other images"))
      let other = set.filtered { $0 > 0 }
      #expect(
        message { try ImageCache.file(url, edge: 20, byteLimit: 1 << 20, for: other) }
          .contains("it was made for other images"))
      #expect(
        message {
          try ImageCache.file(
            folder.appendingPathComponent("captions.tsv"), edge: 20, byteLimit: 1, for: set)
        }
        .contains("not a file of prepared images"))
      #expect(
        message { try ImageCache.file(folder, edge: 20, byteLimit: 1, for: set) }.contains("cannot be read")
      )
      let cache = ImageCache.memory(edge: 20, byteLimit: 1, for: set)
      #expect(message { try ImageTests.batches(other, Self.plan(cache)) }.contains("the cache should be"))
    }
  }

  @Test func aDamagedFileCostsTimeAndNothingElse() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 6)
      let url = folder.appendingPathComponent("cache")
      let first = try Self.floats(set, .file(url, edge: 20, byteLimit: 1 << 20, for: set))
      var bytes = try Data(contentsOf: url)
      bytes[bytes.count - 100] ^= 0xFF
      try bytes.write(to: url)
      #expect(try Self.floats(set, .file(url, edge: 20, byteLimit: 1 << 20, for: set)) == first)
      let good = bytes
      // The pixels carry a checksum, the rest does not: whatever is in it, nothing may crash.
      Fuzzing.run(corpus: [good], iterations: 60) { data in
        try (good.prefix(40) + data.dropFirst(min(40, data.count))).write(to: url)
        _ = try Self.floats(set, .file(url, edge: 20, byteLimit: 1 << 20, for: set))
      }
    }
  }

  @Test func twoUsersShareOneFile() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 8)
      let url = folder.appendingPathComponent("cache")
      let one = try ImageCache.file(url, edge: 20, byteLimit: 1 << 20, for: set)
      let two = try ImageCache.file(url, edge: 20, byteLimit: 1 << 20, for: set)
      let first = try Self.floats(set, one)
      for item in 0..<8 {
        try FileManager.default.removeItem(at: folder.appendingPathComponent(set.id(item)))
      }
      #expect(try Self.floats(set, two) == first)
    }
  }
}
