import Files
package import Foundation

/// Gathers METEOR's tables and writes them as one file.
package struct METEORTableBuilder {
  private var words = WordNumbers()
  private var synsets: [Int32: Set<UInt32>] = [:]
  private var baseForms: [Int32: Set<Int32>] = [:]
  private var functionWords: Set<Int32> = []
  private var abbreviations: Set<Int32> = []
  private var numberAbbreviations: Set<Int32> = []
  private var phrases = PhraseTree()
  /// Pairs of phrases: the number of one, 32 bits, then twice that of the other, plus 1 where the entry is the other's.
  private var paraphrases: [UInt64] = []

  /// Starts with nothing.
  package init() {}

  /// Adds a word's synonym sets. Words with an underscore, which the normalisation takes apart, are left out.
  package mutating func addSynsets(of word: ArraySlice<UInt8>, _ numbers: some Sequence<UInt32>) {
    guard !word.contains(UInt8(ascii: "_")) else { return }
    synsets[words.number(of: word), default: []].formUnion(numbers)
  }

  /// Adds irregular forms of a word.
  package mutating func addForms(_ forms: some Sequence<ArraySlice<UInt8>>, of word: ArraySlice<UInt8>) {
    let base = words.number(of: word)
    for form in forms where !form.contains(UInt8(ascii: "_")) {
      baseForms[words.number(of: form), default: []].insert(base)
    }
  }

  /// Adds a word that counts less than others.
  package mutating func addFunctionWord(_ word: ArraySlice<UInt8>) {
    functionWords.insert(words.number(of: word))
  }

  /// Adds a word that keeps the point behind it, always or before numbers.
  package mutating func addAbbreviation(_ word: ArraySlice<UInt8>, beforeNumbersOnly: Bool) {
    let number = words.number(of: word)
    if beforeNumbersOnly { numberAbbreviations.insert(number) } else { abbreviations.insert(number) }
  }

  /// Adds words with spaces between and gives the number of the phrase.
  package mutating func addPhrase(_ text: ArraySlice<UInt8>) -> UInt32 {
    var phrase: UInt32 = 0
    var start = text.startIndex
    while start < text.endIndex {
      let end = text[start...].firstIndex(of: UInt8(ascii: " ")) ?? text.endIndex
      if start < end { phrase = phrases.add(words.number(of: text[start..<end]), to: phrase) }
      start = min(end + 1, text.endIndex)
    }
    return phrase
  }

  /// Adds an entry, which counts in both directions. METEOR takes a pair of phrases with an entry each way for two
  /// matches, which compete, so both are kept.
  package mutating func addParaphrase(_ phrase: UInt32, _ other: UInt32) {
    paraphrases.append(UInt64(phrase) << 32 | UInt64(other) << 1)
    paraphrases.append(UInt64(other) << 32 | UInt64(phrase) << 1 | 1)
  }
}

extension METEORTableBuilder {
  /// Writes the file; throws ``FileWriteError``.
  package consuming func write(to url: URL, source: String) throws {
    let count = words.count
    // Words in the order of their bytes, so that phrases compare as their numbers do.
    let sorted = (0..<Int32(truncatingIfNeeded: count)).sorted {
      words[$0].lexicographicallyPrecedes(words[$1])
    }
    var newWords = Array(repeating: UInt32(0), count: count)
    for (number, word) in sorted.enumerated() { newWords[Int(word)] = UInt32(truncatingIfNeeded: number) }
    phrases.renumber(newWords)
    let (order, newNumbers) = phrases.order()
    for index in paraphrases.indices {
      let pair = paraphrases[index]
      let other = newNumbers[Int(pair & 0xFFFF_FFFF) >> 1]
      paraphrases[index] = UInt64(newNumbers[Int(pair >> 32)]) << 32 | UInt64(other) << 1 | pair & 1
    }
    paraphrases.sort()

    typealias Section = METEORTableFormat.Section
    var parts = Array(repeating: [UInt8](), count: Section.allCases.count)
    func put(_ section: Section, _ numbers: some Sequence<UInt32>) {
      parts[section.rawValue].reserveCapacity(numbers.underestimatedCount * 4)
      for number in numbers {
        withUnsafeBytes(of: number.littleEndian) { parts[section.rawValue].append(contentsOf: $0) }
      }
    }
    func putLists(_ ends: Section, _ section: Section, _ list: (Int32) -> [UInt32]) {
      var end: UInt32 = 0
      var all: [UInt32] = []
      let allEnds = sorted.map { word -> UInt32 in
        let numbers = list(word)
        all += numbers
        end += UInt32(truncatingIfNeeded: numbers.count)
        return end
      }
      put(ends, allEnds)
      put(section, all)
    }
    parts[Section.source.rawValue] = Array(source.utf8)
    var wordEnds: [UInt32] = []
    for word in sorted {
      parts[Section.wordBytes.rawValue] += words[word]
      wordEnds.append(UInt32(truncatingIfNeeded: parts[Section.wordBytes.rawValue].count))
    }
    put(.wordEnds, wordEnds)
    put(.wordSlots, wordSlots(sorted))
    putLists(.synsetEnds, .synsets) { synsets[$0]?.sorted() ?? [] }
    putLists(.baseFormEnds, .baseForms) { baseForms[$0]?.map { newWords[Int($0)] }.sorted() ?? [] }
    put(.functionWords, functionWords.map { newWords[Int($0)] }.sorted())
    put(.abbreviations, abbreviations.map { newWords[Int($0)] }.sorted())
    put(.numberAbbreviations, numberAbbreviations.map { newWords[Int($0)] }.sorted())
    put(.phraseWords, order.map { phrases.words[$0] })
    put(.childStarts, phrases.childStarts(order, newNumbers))
    var ends = Array(repeating: UInt32(0), count: order.count)
    var others: [UInt32] = []
    others.reserveCapacity(paraphrases.count)
    for pair in paraphrases {
      ends[Int(pair >> 32)] += 1
      others.append(UInt32(pair & 0xFFFF_FFFF))
    }
    paraphrases = []
    for index in ends.indices.dropFirst() { ends[index] += ends[index - 1] }
    put(.paraphraseEnds, ends)
    put(.paraphrases, others)
    try Self.write(parts, to: url)
  }

  private func wordSlots(_ sorted: [Int32]) -> [UInt32] {
    var size = 16
    while size < words.count * 2 { size *= 2 }
    var slots = Array(repeating: UInt32(0), count: size)
    for (number, word) in sorted.enumerated() {
      var slot = METEORTableFormat.hash(words[word]) & (size - 1)
      while slots[slot] > 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = UInt32(truncatingIfNeeded: number + 1)
    }
    return slots
  }

  private static func write(_ parts: [[UInt8]], to url: URL) throws {
    typealias Format = METEORTableFormat
    let file = try AtomicFile(url)
    try file.write(String(repeating: "\0", count: Format.headerSize))
    var crc = CRC32()
    var hash = SHA256()
    var places: [UInt64] = []
    var offset = Format.headerSize
    for (index, part) in parts.enumerated() {
      let padding = [UInt8](repeating: 0, count: (8 - part.count % 8) % 8)
      for bytes in [part, padding] {
        try bytes.withUnsafeBytes {
          crc.update($0)
          if index != Format.Section.source.rawValue { hash.update($0) }
          try file.write($0)
        }
      }
      places += [UInt64(offset), UInt64(part.count)]
      offset += part.count + padding.count
    }
    var header = Format.magic
    for number in [Format.version, crc.value] {
      withUnsafeBytes(of: number.littleEndian) { header.append(contentsOf: $0) }
    }
    header += Array(hash.hexadecimal().utf8)
    for place in places { withUnsafeBytes(of: place.littleEndian) { header.append(contentsOf: $0) } }
    try file.rewriteStart(header)
    try file.commit()
  }
}

/// Phrases that share their beginnings; the phrase 0 is empty.
private struct PhraseTree {
  private(set) var words: [UInt32] = [0]
  private var parents: [UInt32] = [0]
  private var depths: [UInt8] = [0]
  private var numbers: [UInt64: UInt32] = [:]

  /// The phrase that is `parent` and `word`.
  mutating func add(_ word: Int32, to parent: UInt32) -> UInt32 {
    let key = UInt64(parent) << 32 | UInt64(UInt32(bitPattern: word))
    if let number = numbers[key] { return number }
    let number = UInt32(truncatingIfNeeded: words.count)
    numbers[key] = number
    words.append(UInt32(bitPattern: word))
    parents.append(parent)
    depths.append(depths[Int(parent)] &+ 1)
    return number
  }

  /// Gives the words other numbers; nothing can be added afterwards.
  mutating func renumber(_ newWords: [UInt32]) {
    numbers = [:]
    for phrase in words.indices.dropFirst() { words[phrase] = newWords[Int(words[phrase])] }
  }

  /// The phrases so that those of one beginning stand together, by their words; and the place of each there.
  func order() -> (order: [Int], places: [UInt32]) {
    var order = [0]
    var places = Array(repeating: UInt32(0), count: words.count)
    var levels: [[Int]] = Array(repeating: [], count: 256)
    for phrase in words.indices.dropFirst() { levels[Int(depths[phrase])].append(phrase) }
    for level in levels {
      let sorted = level.sorted {
        let (a, b) = (places[Int(parents[$0])], places[Int(parents[$1])])
        return a == b ? words[$0] < words[$1] : a < b
      }
      for phrase in sorted {
        places[phrase] = UInt32(truncatingIfNeeded: order.count)
        order.append(phrase)
      }
    }
    return (order, places)
  }

  func childStarts(_ order: [Int], _ places: [UInt32]) -> [UInt32] {
    var counts = Array(repeating: UInt32(0), count: order.count)
    for phrase in order.dropFirst() { counts[Int(places[Int(parents[phrase])])] += 1 }
    var start: UInt32 = 1
    var starts = counts.map { count -> UInt32 in
      defer { start += count }
      return start
    }
    starts.append(start)
    return starts
  }
}
