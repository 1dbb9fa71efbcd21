import CaptionMetrics
import Testing

@Suite struct SpearmanTests {
  @Test func equalNumbersShareTheMeanOfTheirPlaces() {
    #expect(meanRanks([10, 20, 10, 5, 20, 20]) == [2.5, 5, 2.5, 1, 5, 5])
    #expect(meanRanks([]) == [])
    #expect(meanRanks([-0.0, 0.0]) == [1.5, 1.5])
  }

  /// Expected by SciPy 1.17.1 (`scipy.stats.spearmanr`, `pearsonr`).
  @Test func correlationsEqualSciPys() throws {
    let x: [Double] = [1, 2, 2, 3, 5, 8, 8, 8, 9, 0.5]
    let y: [Double] = [0.1, 0.4, 0.3, 0.3, 0.9, 0.2, 0.2, 0.7, 1.5, 0.1]
    #expect(abs(try #require(spearman(x, y)) - 0.5869678440936948) < 1e-12)
    #expect(abs(try #require(pearson(x, y)) - 0.5540538009274326) < 1e-12)
  }

  @Test func perfectOrderIsOneWhateverTheScale() {
    let x = (0..<50).map { Double($0) }
    #expect(spearman(x, x.map { $0 * $0 * $0 }) == 1)
    #expect(spearman(x, x.map { -$0 }) == -1)
  }

  @Test func whatIsNotDefinedIsNil() {
    #expect(spearman([1], [1]) == nil)
    #expect(spearman([1, 2], [1]) == nil)
    #expect(spearman([1, 1, 1], [1, 2, 3]) == nil)
    #expect(spearman([1, .nan, 3], [1, 2, 3]) == nil)
    #expect(pearson([1, .infinity], [1, 2]) == nil)
  }
}
