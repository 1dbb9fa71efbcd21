extension DocumentFrequency {
  /// The counts of several sets of images that have no image in common, as if they were counted together.
  public init(merging parts: [DocumentFrequency]) {
    var vocabulary = WordNumbers()
    // Words are numbered before n-grams are.
    let words = parts.map { part in
      (0..<Int32(truncatingIfNeeded: part.vocabulary.count)).map {
        vocabulary.number(of: part.vocabulary[$0])
      }
    }
    var nGrams = NGramTable(wordCount: vocabulary.count, expecting: parts.map(\.nGrams.count).max() ?? 0)
    let numbers = zip(parts, words).map { part, words in
      // Numbers that no word has are those of nothing.
      var numbers = words + Array(repeating: -1, count: max(0, part.nGrams.wordCount - words.count))
      for (parent, word) in zip(part.nGrams.parents, part.nGrams.lastWords) {
        let (parent, word) = (numbers[Int(parent)], numbers[Int(word)])
        numbers.append(parent < 0 || word < 0 ? -1 : nGrams.number(parent, word))
      }
      return numbers
    }
    var frequencies = [Int32](repeating: 0, count: nGrams.count)
    for (part, numbers) in zip(parts, numbers) {
      for (number, frequency) in zip(numbers, part.frequencies) where number >= 0 {
        let (sum, isTooLarge) = frequencies[Int(number)].addingReportingOverflow(frequency)
        frequencies[Int(number)] = isTooLarge ? .max : sum
      }
    }
    self.init(
      imageCount: parts.reduce(0) { $0 + $1.imageCount }, vocabulary: vocabulary, nGrams: nGrams,
      frequencies: frequencies)
  }

  /// The counts of two sets of images that have no image in common.
  public static func + (first: DocumentFrequency, second: DocumentFrequency) -> DocumentFrequency {
    DocumentFrequency(merging: [first, second])
  }
}
