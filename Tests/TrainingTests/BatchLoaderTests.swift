import Foundation
import TestSupport
import Testing
import Training

@Suite struct BatchLoaderTests {
  static let plan = ImagePlan(preprocessing: .clip(imageSize: 16), augmentation: Augmentation())

  static func loader(
    _ set: TrainingSet, batch: Int = 4, from position: DataPosition = DataPosition(), epochs: Int? = 2,
    keepsLast: Bool = false, _ change: (inout BatchLoader.Options) -> Void = { _ in }
  ) throws -> BatchLoader {
    var options = BatchLoader.Options(seed: 2)
    options.threads = 2
    options.images = plan
    change(&options)
    let order = try EpochOrder(itemCount: set.count, batchSize: batch, seed: 2, keepsLast: keepsLast)
    return try BatchLoader(set, order: order, options: options, from: position, epochs: epochs)
  }

  static func all(_ loader: BatchLoader) throws -> [Batch] {
    var batches: [Batch] = []
    while let batch = try loader.next() { batches.append(batch) }
    return batches
  }

  static func content(_ batches: [Batch]) -> [[Float]] {
    batches.map { $0.items.map(Float.init) + $0.captionRows.map(Float.init) + ImageTests.floats([$0])[0] }
  }

  @Test func goingOnFromAPositionGivesTheSameBatches() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 18)
      let whole = try Self.all(Self.loader(set))
      #expect(whole.count == 8)
      #expect(whole.map(\.position.batch) == [0, 1, 2, 3, 0, 1, 2, 3])
      for cut in [1, 3, 4, 6] {
        let rest = try Self.all(Self.loader(set, from: whole[cut - 1].following))
        #expect(Self.content(rest) == Self.content(Array(whole[cut...])))
      }
      #expect(whole[7].following == DataPosition(epoch: 2, batch: 0))
    }
  }

  @Test func processesShareTheGlobalBatchWhateverTheirNumber() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 22, broken: [5])
      let change: (inout BatchLoader.Options) -> Void = { $0.maxSkippedFraction = 0.2 }
      let whole = try Self.all(Self.loader(set, batch: 8, keepsLast: true, change))
      for worldSize in [2, 4, 8] {
        let parts = try (0..<worldSize).map { rank in
          try Self.all(
            Self.loader(set, batch: 8, keepsLast: true) {
              change(&$0)
              ($0.rank, $0.worldSize) = (rank, worldSize)
            })
        }
        for (index, batch) in whole.enumerated() {
          #expect(parts.flatMap { $0[index].items } == batch.items)
          #expect(parts.flatMap { $0[index].captionRows } == batch.captionRows)
          #expect(
            parts.flatMap { ImageTests.floats([$0[index]])[0] } == ImageTests.floats([batch])[0])
        }
      }
      #expect(message { try Self.loader(set, batch: 8) { $0.worldSize = 3 } }.contains("multiple of 3"))
      #expect(
        message { try Self.loader(set, batch: 8) { ($0.rank, $0.worldSize) = (2, 2) } }.contains("the rank"))
    }
  }

  @Test func aBrokenImageIsReplacedAndCounted() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 20, broken: [3, 7])
      try FileManager.default.removeItem(at: folder.appendingPathComponent("p11.webp"))
      let loader = try Self.loader(set) { $0.maxSkippedFraction = 0.2 }
      let batches = try Self.all(loader)
      #expect(batches.count == 10)
      for batch in batches {
        #expect(Set(batch.items).count == 4)
        #expect(Set(batch.items).isDisjoint(with: [3, 7, 11]))
        // The captions are those of the images that are there.
        for (item, row) in zip(batch.items, batch.captionRows) {
          #expect(set.captionRows(item).contains(row))
        }
      }
      #expect(loader.unreadable.count == 3)
      #expect(loader.unreadable.first.contains { $0.contains("p11.webp: cannot be read") })
      #expect(
        loader.unreadable.first.contains { $0.contains("p3.webp: ") && $0.contains("is not supported") })
    }
  }

  @Test func tooManyUnreadableImagesEndTheLoadingWithTheirNames() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 20, broken: [3, 7])
      let loader = try Self.loader(set) { $0.maxSkippedFraction = 0.05 }
      let text = message { try Self.all(loader) }
      #expect(text.contains("2 of 20 items are missing or unreadable"))
      #expect(text.contains("p3.webp") && text.contains("p7.webp"))
      #expect(message { try loader.next() } == text)
      let many = try Self.loader(MadeUp.set(in: folder, count: 400, broken: Set(0..<400))) {
        $0.maxSkippedFraction = 0.4
      }
      // Early, but threads that try at the same time decide at which item after the 64th.
      let early = message { try Self.all(many) }
      let tried = try #require(early.firstMatch(of: /of (\d+) items/).flatMap { Int($0.1) }, "\(early)")
      #expect((64..<128).contains(tried), "\(early)")
    }
  }

  @Test func batchesAreMadeAheadUpToABound() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 80)
      let cache = ImageCache.memory(edge: 16, byteLimit: 1 << 24, for: set)
      let loader = try Self.loader(set, epochs: nil) {
        $0.images?.cache = cache
        $0.ahead = 3
      }
      #expect(waits { cache.count == 12 })
      _ = try loader.next()
      #expect(waits { cache.count == 16 })
      loader.stop()
      #expect(message { try loader.next() } == "the loading of data was stopped.")
      #expect(cache.count == 16)
    }
  }

  @Test func stoppingWakesWhoWaits() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 80)
      for batches in [0, 1, 5] {
        let loader = try Self.loader(set, epochs: nil)
        for _ in 0..<batches { _ = try loader.next() }
        Thread { loader.stop() }.start()
        #expect(message { while try loader.next() != nil {} } == "the loading of data was stopped.")
      }
    }
  }

  @Test func textsAloneNeedNoImages() throws {
    try TestData.withTemporaryFolder { folder in
      let lines = (0..<100).map { "caption number \($0)\n" }.joined()
      let set = try TrainingSet.texts([MadeUp.file("a.txt", lines, in: folder)])
      #expect(message { try Self.loader(set) }.contains("has no image"))
      let tokens = try TokenizedTexts(
        set, tokenizer: .load(from: TextTableTests.tokenizer), contextLength: 16)
      let batches = try Self.all(
        Self.loader(set, batch: 10) {
          $0.images = nil
          $0.tokens = tokens
        })
      #expect(batches.count == 20)
      for batch in batches {
        #expect(batch.images == nil)
        #expect(batch.texts == tokens.batch(batch.items))
      }
      #expect(batches[..<10].flatMap(\.items).sorted() == Array(0..<100))
    }
  }

  @Test func impossiblePositionsAreRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 8)
      #expect(
        message { try Self.loader(set, from: DataPosition(epoch: 0, batch: 2)) }.contains("the position"))
      #expect(
        message { try Self.loader(set, from: DataPosition(epoch: -1, batch: 0)) }.contains("the position"))
      #expect(try Self.loader(set, from: DataPosition(epoch: 5, batch: 0)).next() == nil)
    }
  }
}
