/// How often each n-gram of 1 to 4 words is in each caption.
struct NGramCounts: Sendable {
  /// The longest n-grams that are counted.
  static let order = 4

  /// The numbers of the n-grams, caption by caption, shorter ones first, each once, in the order in which they come.
  private(set) var numbers: [Int32] = []
  /// How often each is in its caption.
  private(set) var counts: [Int32] = []
  private var ends: [Int] = []

  /// Counts the n-grams of `captions`, and adds those that are new to `table`.
  init(_ captions: TokenizedCaptions, table: inout NGramTable) {
    ends.reserveCapacity(captions.count * Self.order)
    numbers.reserveCapacity(captions.words.count * Self.order)
    counts.reserveCapacity(captions.words.count * Self.order)
    // Which caption last had the n-gram, and where it is counted.
    var lastCaption: [Int32] = []
    var place: [Int] = []
    var parents: [Int32] = []
    for caption in 0..<captions.count {
      let range = captions.wordRange(caption)
      parents.removeAll(keepingCapacity: true)
      for length in 1...Self.order {
        if range.count >= length {
          for at in 0...(range.count - length) {
            let word = captions.words[range.lowerBound + at + length - 1]
            let number = length == 1 ? word : table.number(parents[at], word)
            if length == 1 { parents.append(number) } else { parents[at] = number }
            if Int(number) >= lastCaption.count {
              let missing = max(Int(number) + 1, 2 * lastCaption.count, 512) - lastCaption.count
              lastCaption.append(contentsOf: repeatElement(-1, count: missing))
              place.append(contentsOf: repeatElement(0, count: missing))
            }
            if lastCaption[Int(number)] == Int32(truncatingIfNeeded: caption) {
              counts[place[Int(number)]] += 1
            } else {
              lastCaption[Int(number)] = Int32(truncatingIfNeeded: caption)
              place[Int(number)] = numbers.count
              numbers.append(number)
              counts.append(1)
            }
          }
        }
        ends.append(numbers.count)
      }
    }
  }

  /// Where the n-grams of `length` words of a caption are in `numbers` and `counts`.
  func range(_ caption: Int, length: Int) -> Range<Int> {
    let index = caption * Self.order + length - 1
    return (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// Where all the n-grams of a caption are.
  func range(_ caption: Int) -> Range<Int> {
    range(caption, length: 1).lowerBound..<range(caption, length: Self.order).upperBound
  }
}
