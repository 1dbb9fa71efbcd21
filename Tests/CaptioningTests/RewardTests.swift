import Captioning
import Foundation
import Testing

struct RewardTests {
  @Test(arguments: [
    ("2*lclip + 1*cider", "2.0*lclip + 1.0*cider"), ("cider", "1.0*cider"),
    (" - 0.5 * rouge+BLEU4 ", "-0.5*rouge + 1.0*bleu4"),
  ])
  func anExpressionIsReadAndWritten(_ text: String, _ written: String) throws {
    let expression = try RewardExpression(text)
    #expect(expression.description == written)
    #expect(try RewardExpression(written) == expression)
  }

  @Test(arguments: [
    ("", 0), ("2*", 2), ("2 lclip", 2), ("lclip cider", 6), ("lclip + lclip", 8), ("spice", 0),
    ("2**lclip", 2),
    ("1.2.3*cider", 0), ("cider +", 7),
  ])
  func aWrongExpressionIsRefusedWhereItIsWrong(_ text: String, _ offset: Int) {
    do {
      _ = try RewardExpression(text)
      Issue.record("\(text) was read")
    } catch {
      guard case CaptioningError.badReward(_, let found, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(found == offset)
    }
  }

  @Test func theBaselineIsTheMeanOfTheOthers() {
    let found = RewardBaseline.advantages([1, 2, 6, 5, 5, 7], items: [0, 0, 0, 1, 1, 2])
    #expect(found == [-3, -1.5, 4.5, 0, 0, 0])
    // The samples of an image need not stand together.
    #expect(
      RewardBaseline.advantages([1, 5, 2, 7, 6, 5], items: [0, 1, 0, 2, 0, 1]) == [-3, 0, -1.5, 0, 4.5, 0])
  }

  /// Where parts are standardised too, it matters what the greedy caption is worth.
  @Test func aGreedyBaselineIsTakenAwayFromEachPart() throws {
    let expression = try RewardExpression("2*lclip + cider")
    func scores(_ lclip: [Double], _ cider: [Double]) -> RewardModel.Scores {
      .init(total: zip(lclip, cider).map { 2 * $0 + $1 }, parts: [("lclip", lclip), ("cider", cider)])
    }
    // Image 0's parts have the deviations 2 and 0, image 1's 1 and 3.
    let samples = scores([1, 5, 2, 4], [3, 3, 0, 6])
    let greedy = scores([2, 1], [1, 6])
    func advantages(_ standardizes: Bool) -> [Double] {
      RewardModel.advantages(
        samples, over: greedy, expression, items: [0, 0, 1, 1], standardizes: standardizes)
    }
    #expect(advantages(false) == [0, 8, -4, 6])
    #expect(advantages(true) == [-1, 3, 0, 6])
  }
}
