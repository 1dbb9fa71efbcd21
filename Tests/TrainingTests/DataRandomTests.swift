import Testing
import Training

@Suite struct DataRandomTests {
  @Test func sameKeyGivesTheSameNumbersAndAnotherKeyOthers() {
    func numbers(_ seed: UInt64, _ epoch: Int, _ item: Int, _ purpose: DataRandom.Purpose) -> [UInt64] {
      var random = DataRandom(seed: seed, epoch: epoch, item: item, purpose: purpose)
      return (0..<8).map { _ in random.next() }
    }
    #expect(numbers(1, 2, 3, .image) == numbers(1, 2, 3, .image))
    let all = [
      numbers(1, 2, 3, .image), numbers(2, 2, 3, .image), numbers(1, 3, 3, .image),
      numbers(1, 2, 4, .image), numbers(1, 2, 3, .caption), numbers(1, 3, 2, .image),
    ]
    #expect(Set(all.joined()).count == all.count * 8)
  }

  @Test func numbersBelowABoundAreEvenlySpread() {
    var random = DataRandom(seed: 7, purpose: .other)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<100_000 { counts[random.below(10)] += 1 }
    #expect(counts.allSatisfy { (9_600...10_400).contains($0) })
    #expect(random.below(1) == 0)
    #expect(random.below(0) == 0)
    #expect(random.below(-3) == 0)
  }

  @Test func unitNumbersFillTheInterval() {
    var random = DataRandom(seed: 7, purpose: .other)
    let numbers = (0..<50_000).map { _ in random.unit() }
    #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(numbers.reduce(0, +) / 50_000 - 0.5) < 0.01)
  }
}
