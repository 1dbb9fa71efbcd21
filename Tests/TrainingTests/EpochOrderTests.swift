import Foundation
import Testing
import Training

@Suite struct EpochOrderTests {
  @Test func everyEpochIsAnotherPermutationThatFollowsFromItsNumber() throws {
    let order = try EpochOrder(itemCount: 1000, batchSize: 32, seed: 5)
    let (first, second) = (order.epoch(0), order.epoch(1))
    #expect(first.items.sorted() == Array(0..<1000))
    #expect(first.items != second.items)
    #expect(first.items == order.epoch(0).items)
    #expect(try first.items != EpochOrder(itemCount: 1000, batchSize: 32, seed: 6).epoch(0).items)
    let still = try EpochOrder(itemCount: 10, batchSize: 4, seed: 5, shuffles: false)
    #expect(still.epoch(3).items == Array(0..<10))
  }

  @Test func sharesOfAllProcessesMakeTheGlobalBatch() throws {
    let order = try EpochOrder(itemCount: 103, batchSize: 24, seed: 1, keepsLast: true)
    let epoch = order.epoch(4)
    for worldSize in [1, 2, 3, 4, 8] {
      var all: [Int32] = []
      for batch in 0..<order.batchCount {
        let shares = (0..<worldSize).map { epoch.share(ofBatch: batch, rank: $0, worldSize: worldSize) }
        #expect(shares.flatMap { epoch.items[$0] } == Array(epoch.batch(batch)))
        if batch < order.batchCount - 1 { #expect(Set(shares.map(\.count)) == [24 / worldSize]) }
        all += shares.flatMap { epoch.items[$0] }
      }
      #expect(all.sorted() == Array(0..<103))
    }
  }

  @Test func theLastBatchIsDroppedOrKept() throws {
    #expect(try EpochOrder(itemCount: 103, batchSize: 24, seed: 1).batchCount == 4)
    #expect(try EpochOrder(itemCount: 103, batchSize: 24, seed: 1, keepsLast: true).batchCount == 5)
    #expect(try EpochOrder(itemCount: 96, batchSize: 24, seed: 1, keepsLast: true).batchCount == 4)
    let epoch = try EpochOrder(itemCount: 103, batchSize: 24, seed: 1, keepsLast: true).epoch(0)
    #expect(epoch.batch(4).count == 7)
    #expect(epoch.batch(5).isEmpty)
    #expect(epoch.batch(-1).isEmpty)
  }

  @Test func positionsGoOnIntoTheNextEpoch() throws {
    let order = try EpochOrder(itemCount: 10, batchSize: 5, seed: 1)
    #expect(order.position(after: DataPosition(epoch: 2, batch: 0)) == DataPosition(epoch: 2, batch: 1))
    #expect(order.position(after: DataPosition(epoch: 2, batch: 1)) == DataPosition(epoch: 3, batch: 0))
    let position = DataPosition(epoch: 7, batch: 9)
    #expect(
      try JSONDecoder().decode(DataPosition.self, from: JSONEncoder().encode(position)) == position)
  }

  @Test func impossibleBatchesAreRefused() {
    #expect(
      message { try EpochOrder(itemCount: 10, batchSize: 11, seed: 1) }.contains("larger than the 10 items"))
    #expect(message { try EpochOrder(itemCount: 10, batchSize: 0, seed: 1) }.contains("the batch size"))
    #expect(message { try EpochOrder(itemCount: 0, batchSize: 1, seed: 1) }.contains("the number of items"))
  }

  @Test func captionsAreChosenAsAsked() {
    let rows = 10..<15
    #expect((0..<9).allSatisfy { CaptionChoice.first.row(of: rows, item: 3, epoch: $0, seed: 1) == 10 })
    let turns = (0..<10).map { CaptionChoice.inTurn.row(of: rows, item: 3, epoch: $0, seed: 1) ?? -1 }
    #expect(Set(turns.prefix(5)) == Set(rows))
    #expect(turns.prefix(5) == turns.suffix(5))
    let random = (0..<2000).map { CaptionChoice.random.row(of: rows, item: 3, epoch: $0, seed: 1) ?? -1 }
    #expect(rows.allSatisfy { row in (330...470).contains(random.count { $0 == row }) })
    #expect(
      random == (0..<2000).map { CaptionChoice.random.row(of: rows, item: 3, epoch: $0, seed: 1) ?? -1 })
    #expect(CaptionChoice.random.row(of: 4..<4, item: 3, epoch: 0, seed: 1) == nil)
    #expect(CaptionChoice.inTurn.row(of: rows, item: .max, epoch: .max, seed: 1) != nil)
  }
}
