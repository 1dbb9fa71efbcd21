import TextProcessing

/// In how many images of a set the references have each n-gram of 1 to 4 words: what CIDEr weighs words by.
public struct DocumentFrequency: Sendable {
  /// How many images the set has.
  public let imageCount: Int
  let vocabulary: WordNumbers
  let nGrams: NGramTable
  /// By the n-grams' numbers.
  let frequencies: [Int32]
  /// The file that the counts were read from, as the user named it; nil for counts made here.
  public let name: String?
  /// The checksum of that file, in hexadecimal.
  public let checksum: String?

  init(
    imageCount: Int, vocabulary: WordNumbers, nGrams: NGramTable, frequencies: [Int32], name: String? = nil,
    checksum: String? = nil
  ) {
    self.name = name
    self.checksum = checksum
    self.imageCount = imageCount
    self.vocabulary = vocabulary
    self.nGrams = nGrams
    self.frequencies = frequencies
  }

  /// Counts the n-grams in the references of each image.
  ///
  /// - Throws: `NGramMetricError.noReferences`.
  public init(references: [[String]], threads: Int? = nil) throws {
    let none = Array(repeating: "", count: references.count)
    self.init(try TokenizedCorpus(candidates: none, references: references, threads: threads))
  }

  /// Counts the n-grams in the references of `corpus`.
  public init(_ corpus: TokenizedCorpus) {
    self.init(
      imageCount: corpus.count, vocabulary: corpus.vocabulary, nGrams: corpus.nGrams,
      frequencies: Self.count(corpus))
  }

  /// How many different n-grams are counted.
  public var nGramCount: Int { frequencies.reduce(0) { $0 + ($1 > 0 ? 1 : 0) } }

  /// In how many images the words of `text` stand beside each other in that order; 0 for more than four.
  public func frequency(of text: String) -> Int {
    var number: Int32 = -1
    for (i, word) in PTBTokenizer().tokenize(text).enumerated() {
      let known = vocabulary.knownNumber(of: ArraySlice(word.utf8))
      number = i == 0 ? known : number < 0 || known < 0 ? -1 : nGrams.knownNumber(number, known)
      if number < 0 { return 0 }
    }
    return number < 0 ? 0 : Int(frequencies[Int(number)])
  }

  /// By the numbers of the n-grams of `corpus`: in how many items the references have each.
  static func count(_ corpus: TokenizedCorpus) -> [Int32] {
    var frequencies = [Int32](repeating: 0, count: corpus.nGrams.count)
    var lastItem = [Int32](repeating: -1, count: corpus.nGrams.count)
    for item in 0..<corpus.count {
      for reference in corpus.referenceRange(item) {
        for i in corpus.referenceNGrams.range(reference) {
          let number = Int(corpus.referenceNGrams.numbers[i])
          if lastItem[number] == Int32(truncatingIfNeeded: item) { continue }
          lastItem[number] = Int32(truncatingIfNeeded: item)
          frequencies[number] += 1
        }
      }
    }
    return frequencies
  }

  /// By the numbers of the n-grams of `corpus`: in how many images of this set they are.
  ///
  /// - Parameter known: the numbers here of the first n-grams, from ``numbers(_:_:)``.
  func frequencies(in corpus: TokenizedCorpus, known: [Int32] = []) -> [Int32] {
    numbers(corpus.vocabulary, corpus.nGrams, known: known).map { $0 < 0 ? 0 : frequencies[Int($0)] }
  }

  /// The number here of each n-gram of another table, or -1.
  ///
  /// - Parameter known: those of an earlier state of the table: of the same words, and of fewer n-grams.
  func numbers(_ words: WordNumbers, _ table: NGramTable, known: [Int32] = []) -> [Int32] {
    var numbers = known.isEmpty ? Array(repeating: -1, count: table.wordCount) : known
    numbers.reserveCapacity(table.count)
    for word in 0..<words.count where numbers[word] < 0 {
      numbers[word] = vocabulary.knownNumber(of: words[Int32(truncatingIfNeeded: word)])
    }
    // An n-gram's beginning has a smaller number than the n-gram.
    for index in (numbers.count - table.wordCount)..<table.parents.count {
      let known = (parent: numbers[Int(table.parents[index])], word: numbers[Int(table.lastWords[index])])
      numbers.append(known.parent < 0 || known.word < 0 ? -1 : nGrams.knownNumber(known.parent, known.word))
    }
    return numbers
  }
}
