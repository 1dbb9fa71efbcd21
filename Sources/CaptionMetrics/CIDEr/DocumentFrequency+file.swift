import Files
public import Foundation

// The file, version 1. Numbers are unsigned and written seven bits a byte, the low ones first, a set eighth bit
// meaning that more follow.
//
//   "PlumbDF1"
//   version, images, words
//   each word, in the order of their bytes: its length, its UTF-8, its frequency
//   for n = 2, 3, 4: the count of n-grams, then each, in the order of (parent, last word):
//     its parent's place among the (n-1)-grams, less that of the n-gram before it
//     its last word's place among the words
//     its frequency
//   8 bytes: FNV-1a of all before, the low byte first
//
// The same counts make the same bytes, whatever the order of the images.

extension DocumentFrequency {
  private static let magic = Array("PlumbDF1".utf8)
  private static let version = 1

  /// Writes the counts to `file`, which is replaced only when all is written.
  ///
  /// - Throws: `FileWriteError`.
  public func save(to file: URL) throws {
    let output = try AtomicFile(file)
    try encoded().withUnsafeBytes { try output.write($0) }
    try output.commit()
  }

  /// Reads the counts that `save(to:)` wrote.
  ///
  /// - Throws: `NGramMetricError`, where the file cannot be read, is not such a file, or is damaged.
  public init(contentsOf file: URL) throws {
    let data: Data
    do {
      data = try Data(contentsOf: file)
    } catch {
      throw NGramMetricError.inaccessibleFile(
        file.path, reason: "cannot be read (\(systemReason(of: error)))")
    }
    try self.init(bytes: [UInt8](data), name: file.path, givenName: file.relativePath)
  }

  /// The file's bytes.
  package func encoded() -> [UInt8] {
    let words = (0..<Int32(truncatingIfNeeded: vocabulary.count)).filter { frequencies[Int($0)] > 0 }
      .sorted { vocabulary[$0].lexicographicallyPrecedes(vocabulary[$1]) }
    var writer = VarintWriter(bytes: Self.magic)
    writer.write(Self.version)
    writer.write(imageCount)
    writer.write(words.count)
    // Where each n-gram stands among those of its length.
    var places = [Int](repeating: -1, count: nGrams.count)
    var lengths = [UInt8](repeating: 1, count: nGrams.count)
    for (place, word) in words.enumerated() {
      places[Int(word)] = place
      writer.write(vocabulary[word].count)
      writer.bytes.append(contentsOf: vocabulary[word])
      writer.write(Int(frequencies[Int(word)]))
    }
    var byLength = Array(repeating: [Int](), count: NGramCounts.order + 1)
    for index in nGrams.parents.indices {
      let number = nGrams.wordCount + index
      lengths[number] = lengths[Int(nGrams.parents[index])] + 1
      if frequencies[number] > 0 { byLength[Int(lengths[number])].append(index) }
    }
    for length in 2...NGramCounts.order {
      let sorted = byLength[length].map { index in
        (parent: places[Int(nGrams.parents[index])], word: places[Int(nGrams.lastWords[index])], index: index)
      }.sorted { ($0.parent, $0.word) < ($1.parent, $1.word) }
      writer.write(sorted.count)
      var previous = 0
      for (place, entry) in sorted.enumerated() {
        writer.write(entry.parent - previous)
        writer.write(entry.word)
        writer.write(Int(frequencies[nGrams.wordCount + entry.index]))
        previous = entry.parent
        places[nGrams.wordCount + entry.index] = place
      }
    }
    return Self.withChecksum(writer.bytes)
  }

  /// `bytes` and their checksum.
  package static func withChecksum(_ bytes: [UInt8]) -> [UInt8] {
    let checksum = VarintWriter.checksum(bytes[...])
    return bytes + (0..<8).map { UInt8(truncatingIfNeeded: checksum >> UInt64(8 * $0)) }
  }

  /// Reads a file's bytes; `name` is for errors, and `givenName` is what the user called the file.
  package init(bytes: [UInt8], name: String, givenName: String? = nil) throws {
    var reader = VarintReader(bytes: bytes.dropLast(8), name: name)
    try reader.expect(Self.magic)
    let version = try reader.number(upTo: Int(Int32.max), "version")
    guard version == Self.version else {
      throw NGramMetricError.unknownVersion(name, found: version, known: Self.version)
    }
    let checksum = bytes.suffix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard checksum == VarintWriter.checksum(bytes.dropLast(8)) else {
      throw NGramMetricError.damagedFile(
        name, offset: max(0, bytes.count - 8), reason: "the checksum differs")
    }
    let images = try reader.number(upTo: Int(Int32.max), "count of images")
    var vocabulary = WordNumbers()
    var frequencies: [Int32] = []
    let wordCount = try reader.count(bytesEach: 3, "count of words")
    var previous: ArraySlice<UInt8> = []
    for _ in 0..<wordCount {
      let word = try reader.text(upTo: 1 << 24)
      guard previous.lexicographicallyPrecedes(word) else { throw reader.damage("words out of order") }
      previous = word
      _ = vocabulary.number(of: word)
      frequencies.append(Int32(truncatingIfNeeded: try reader.number(from: 1, upTo: images, "frequency")))
    }
    var table = NGramTable(wordCount: wordCount, expecting: bytes.count / 4)
    // The numbers of the n-grams that are one word shorter.
    var shorter = 0..<wordCount
    for length in 2...NGramCounts.order {
      let count = try reader.count(bytesEach: 3, "count of \(length)-grams")
      let first = table.count
      var last = (parent: 0, word: -1)
      for _ in 0..<count {
        let step = try reader.number(upTo: shorter.count, "parent")
        let parent = last.parent + step
        guard parent < shorter.count else { throw reader.damage("a parent that is not there") }
        let word = try reader.number(upTo: max(0, wordCount - 1), "word")
        guard step > 0 || word > last.word else { throw reader.damage("\(length)-grams out of order") }
        last = (parent, word)
        _ = table.number(
          Int32(truncatingIfNeeded: shorter.lowerBound + parent), Int32(truncatingIfNeeded: word))
        frequencies.append(Int32(truncatingIfNeeded: try reader.number(from: 1, upTo: images, "frequency")))
      }
      shorter = first..<table.count
    }
    guard reader.isAtEnd else { throw reader.damage("more bytes than expected") }
    let digits = String(checksum, radix: 16)
    self.init(
      imageCount: images, vocabulary: vocabulary, nGrams: table, frequencies: frequencies, name: givenName,
      checksum: String(repeating: "0", count: 16 - digits.count) + digits)
  }
}
