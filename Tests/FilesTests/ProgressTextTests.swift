import Files
import Testing

@Suite struct ProgressTextTests {
  @Test(arguments: [
    // Of a stage that goes on only what was done since counts for the rate.
    (1200, 8000, 0, 6.0, "images [###-----------------] 1200 of 8000, 200/s, 34 s left"),
    (1200, 8000, 1000, 1.0, "images [###-----------------] 1200 of 8000, 200/s, 34 s left"),
    (3, 10, 0, 1.25, "images [######--------------] 3 of 10, 2.4/s, 3 s left"),
    (2, 10, 0, 9, "images [####----------------] 2 of 10, 4.5 s each, 36 s left"),
    (10, 10, 0, 4, "images [####################] 10 of 10, 2.5/s"),
    // Nothing was done yet, or it is too early to say; no total is known.
    (5, 10, 5, 60, "images [##########----------] 5 of 10"),
    (5, 10, 0, 0.5, "images [##########----------] 5 of 10"),
    (0, 10, 0, 0, "images [--------------------] 0 of 10"), (7, 0, 0, 1, "images 7, 7/s"),
    (12, 10, 0, 0, "images [####################] 12 of 10"),
  ])
  func barsHaveRateAndTimeLeft(done: Int, total: Int, before: Int, seconds: Double, line: String) {
    let text = ProgressText(stage: "images", done: done, of: total, doneBefore: before, seconds: seconds)
    #expect(text.line(hasBar: true) == line)
  }

  @Test func logsHaveNoBarAndTheDetail() {
    let text = ProgressText(stage: "stage a", detail: "loss 0.5", done: 20, of: 400, seconds: 10)
    #expect(text.line(hasBar: false) == "stage a, loss 0.5 20 of 400, 2/s, 3 min left")
    let download = ProgressText(stage: "model", done: 3_000_000, of: 9_000_000, seconds: 2)
    let line = download.line(hasBar: false) { "\($0 / 1e6) MB" }
    #expect(line == "model 3.0 MB of 9.0 MB, 1.5 MB/s, 4 s left")
  }

  @Test(arguments: [
    (0.2, "1 s"), (99, "99 s"), (99.5, "2 min"), (150, "3 min"), (5999, "100 min"), (6000, "2 h"),
    (90000, "25 h"), (1e300, "277778 h"),
  ])
  func durationsAreRounded(seconds: Double, text: String) {
    #expect(ProgressText.duration(seconds) == text)
  }
}
