/// The length of the longest common subsequence, 64 words of the first text at a time in the bits of one number
/// (Hyyrö 2004): the time is lengths' product / 64, the memory the second text's length.
struct LongestCommonSubsequence {
  /// Where each word stands in the current 64 words of the first text; empty between calls.
  private var masks: [UInt64]
  private var carries: [UInt8] = []

  /// `wordCount` is above every number that the texts have.
  init(wordCount: Int) { masks = Array(repeating: 0, count: wordCount) }

  mutating func length(_ first: ArraySlice<Int32>, _ second: ArraySlice<Int32>) -> Int {
    let isSingle = first.count <= 64
    carries.removeAll(keepingCapacity: true)
    if !isSingle { carries.append(contentsOf: repeatElement(0, count: second.count)) }
    var length = 0
    var start = first.startIndex
    while start < first.endIndex {
      let end = min(start + 64, first.endIndex)
      for at in start..<end { masks[Int(first[at])] |= 1 << UInt64(at - start) }
      let row = isSingle ? single(second) : next(second)
      for at in start..<end { masks[Int(first[at])] = 0 }
      let valid = end - start == 64 ? UInt64.max : (1 << UInt64(end - start)) - 1
      length += (~row & valid).nonzeroBitCount
      start = end
    }
    return length
  }

  /// A zero for each word of the first text that lengthens the subsequence.
  private func single(_ second: ArraySlice<Int32>) -> UInt64 {
    var row = UInt64.max
    for word in second {
      let matches = masks[Int(word)]
      row = (row &+ (row & matches)) | (row & ~matches)
    }
    return row
  }

  /// As `single`, with what the 64 words before hand on.
  private mutating func next(_ second: ArraySlice<Int32>) -> UInt64 {
    var row = UInt64.max
    for (at, word) in second.enumerated() {
      let matches = masks[Int(word)]
      let (partial, overflow) = row.addingReportingOverflow(row & matches)
      let (sum, carry) = partial.addingReportingOverflow(UInt64(carries[at]))
      row = sum | (row & ~matches)
      carries[at] = overflow || carry ? 1 : 0
    }
    return row
  }
}
