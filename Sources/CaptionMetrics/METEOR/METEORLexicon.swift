import TextProcessing

/// What METEOR's matchers must know of each distinct word of a corpus.
struct METEORLexicon: Sendable {
  /// The number of the word in the tables, or `UInt32.max`.
  private(set) var tableWords: [UInt32] = []
  /// Words with the same number have the same stem.
  private(set) var stems: [Int32] = []
  private(set) var isFunctionWord: [Bool] = []
  /// The synonym sets of each word and of what it is a form of, ascending.
  private var synsets: [[UInt32]] = []

  private let table: METEORTable
  private var words = WordNumbers()
  private var stemVocabulary = WordNumbers()

  init(_ table: METEORTable) { self.table = table }

  /// How many words there are.
  var count: Int { stems.count }

  /// The number of a word, which is added where it is new.
  mutating func number(of word: ArraySlice<UInt8>) -> Int32 {
    let number = words.number(of: word)
    if Int(number) == stems.count { add(word) }
    return number
  }

  private mutating func add(_ word: ArraySlice<UInt8>) {
    let text = String(decoding: word, as: UTF8.self)
    stems.append(stemVocabulary.number(of: Array(EnglishStemmer.stem(text).utf8)[...]))
    let number = table.number(of: word)
    tableWords.append(number ?? .max)
    isFunctionWord.append(number.map(table.functionWords.contains) ?? false)
    var sets = Set<UInt32>()
    if let number { sets.formUnion(table.synsets(number)) }
    for base in baseForms(of: word, number: number) { sets.formUnion(table.synsets(base)) }
    synsets.append(sets.sorted())
  }

  /// What a word is a form of, as WordNet finds it: the list of irregular forms, else the first ending that can be
  /// replaced so that a known word comes out.
  private func baseForms(of word: ArraySlice<UInt8>, number: UInt32?) -> [UInt32] {
    if let number {
      let bases = table.baseForms(number)
      if !bases.isEmpty { return bases }
    }
    guard !word.suffix(2).elementsEqual("ss".utf8) else { return [] }
    let isShort = String(decoding: word, as: UTF8.self).utf16.count <= 2
    if isShort { return [] }
    for (ending, replacement) in Self.endings where word.suffix(ending.count).elementsEqual(ending) {
      if let base = table.number(of: word.dropLast(ending.count) + replacement), table.hasSynsets(base) {
        return [base]
      }
    }
    return []
  }

  private static let endings: [([UInt8], [UInt8])] = [
    ("s", ""), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"),
    ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", ""), ("er", ""),
    ("est", ""), ("er", "e"), ("est", "e"),
  ].map { (Array($0.utf8), Array($1.utf8)) }

  /// Whether two words share a synonym set.
  func areSynonyms(_ a: Int32, _ b: Int32) -> Bool {
    let (a, b) = (synsets[Int(a)], synsets[Int(b)])
    var (i, j) = (0, 0)
    while i < a.count, j < b.count {
      if a[i] == b[j] { return true }
      if a[i] < b[j] { i += 1 } else { j += 1 }
    }
    return false
  }
}
