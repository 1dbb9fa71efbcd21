import Files
public import Foundation

/// METEOR 1.5's own English tables (synonym sets, irregular forms, function words, paraphrases) in one mapped file,
/// which `plumb meteor install` makes.
public final class METEORTable: @unchecked Sendable {
  // Unchecked: everything is constant, and the mapped memory is read-only.

  /// The file.
  public let url: URL
  /// The SHA-256 of the tables, in hexadecimal, whatever they were made from.
  public let checksum: String
  /// What the tables were made from.
  public let source: String

  private let file: MappedFile
  private let wordBytes: UnsafeRawBufferPointer
  private let wordEnds: TableNumbers
  private let wordSlots: TableNumbers
  private let synsetEnds: TableNumbers
  private let synsetNumbers: TableNumbers
  private let baseFormEnds: TableNumbers
  private let baseFormNumbers: TableNumbers
  let functionWords: Set<UInt32>
  /// Words that keep the point behind them.
  let abbreviations: Set<[UInt8]>
  /// Words that keep it before a number.
  let numberAbbreviations: Set<[UInt8]>
  private let phraseWords: TableNumbers
  private let childStarts: TableNumbers
  private let paraphraseEnds: TableNumbers
  private let paraphraseNumbers: TableNumbers

  /// How many words the tables know.
  public var wordCount: Int { wordEnds.count }
  /// How many memberships in synonym sets there are.
  public var synonymCount: Int { synsetNumbers.count }
  /// How many phrases there are, beginnings of longer ones included.
  public var phraseCount: Int { phraseWords.count }
  /// How many pairs of a phrase and its paraphrase there are.
  public var paraphraseCount: Int { paraphraseNumbers.count }

  /// Maps a file and verifies that it is whole.
  ///
  /// - Throws: ``METEORError/missingTable(path:)``, ``METEORError/unreadable(path:reason:)``,
  ///   ``METEORError/damagedTable(path:reason:)`` or ``METEORError/unknownVersion(path:found:known:)``.
  public init(contentsOf url: URL) throws {
    let parts = try METEORTableFile(url)
    self.url = url
    file = parts.file
    checksum = parts.checksum
    source = String(decoding: parts.bytes(.source), as: UTF8.self)
    wordBytes = parts.bytes(.wordBytes)
    wordEnds = try parts.numbers(.wordEnds)
    wordSlots = try parts.numbers(.wordSlots)
    synsetEnds = try parts.numbers(.synsetEnds)
    synsetNumbers = try parts.numbers(.synsets)
    baseFormEnds = try parts.numbers(.baseFormEnds)
    baseFormNumbers = try parts.numbers(.baseForms)
    let (bytes, ends) = (wordBytes, wordEnds)
    func words(_ section: METEORTableFormat.Section) throws -> Set<[UInt8]> {
      guard ends.areEnds(of: bytes.count) else {
        throw METEORError.damagedTable(path: url.path, reason: "its words overlap")
      }
      return Set(try parts.numbers(section).map { Array(bytes[ends.range(Int($0))]) })
    }
    functionWords = Set(try parts.numbers(.functionWords))
    abbreviations = try words(.abbreviations)
    numberAbbreviations = try words(.numberAbbreviations)
    phraseWords = try parts.numbers(.phraseWords)
    childStarts = try parts.numbers(.childStarts)
    paraphraseEnds = try parts.numbers(.paraphraseEnds)
    paraphraseNumbers = try parts.numbers(.paraphrases)
    try verify()
  }

  /// Holds what is read later to the bounds, so that nothing needs a check then.
  private func verify() throws {
    func require(_ holds: Bool, _ reason: String) throws {
      guard holds else { throw METEORError.damagedTable(path: url.path, reason: reason) }
    }
    let words = wordEnds.count
    let phrases = phraseWords.count
    try require(wordSlots.count.nonzeroBitCount == 1 && wordSlots.count > words, "it has no table of words")
    try require(wordSlots.areAtMost(words), "it names words that it lacks")
    try require(
      synsetEnds.count == words && synsetEnds.areEnds(of: synsetNumbers.count), "its synonyms overlap")
    try require(
      baseFormEnds.count == words && baseFormEnds.areEnds(of: baseFormNumbers.count), "its base forms overlap"
    )
    try require(words > 0 && baseFormNumbers.areAtMost(words - 1), "its base forms are not words of its own")
    try require(
      phrases > 0 && childStarts.count == phrases + 1 && childStarts.areAscending(through: phrases),
      "its phrases overlap")
    try require(
      paraphraseEnds.count == phrases && paraphraseEnds.areEnds(of: paraphraseNumbers.count),
      "its paraphrases overlap")
    try require(paraphraseNumbers.areAtMost(phrases * 2 - 1), "it names phrases that it lacks")
  }
}

extension METEORTable {
  /// The number of a word, or nil.
  func number(of word: some Collection<UInt8>) -> UInt32? {
    let mask = wordSlots.count - 1
    var slot = METEORTableFormat.hash(word) & mask
    // There are more slots than words; the count guards against a file in which they are full nevertheless.
    for _ in 0...mask {
      let entry = wordSlots[slot]
      guard entry > 0 else { return nil }
      let range = wordEnds.range(Int(entry) - 1)
      if wordBytes[range].elementsEqual(word) { return entry - 1 }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// The synonym sets of a word.
  func synsets(_ word: UInt32) -> some Sequence<UInt32> {
    synsetEnds.range(Int(word)).lazy.map { self.synsetNumbers[$0] }
  }

  /// What an irregular word is a form of; empty for others.
  func baseForms(_ word: UInt32) -> [UInt32] { baseFormEnds.range(Int(word)).map { baseFormNumbers[$0] } }

  /// Whether a word is in a synonym set.
  func hasSynsets(_ word: UInt32) -> Bool { !synsetEnds.range(Int(word)).isEmpty }

  /// The phrase that is `phrase` and one word more, or nil.
  func phrase(_ phrase: UInt32, then word: UInt32) -> UInt32? {
    var low = Int(childStarts[Int(phrase)])
    let end = Int(childStarts[Int(phrase) + 1])
    var high = end
    while low < high {
      let middle = (low + high) / 2
      if phraseWords[middle] < word { low = middle + 1 } else { high = middle }
    }
    return low < end && phraseWords[low] == word ? UInt32(truncatingIfNeeded: low) : nil
  }

  /// Where the paraphrases of a phrase are.
  func paraphraseRange(_ phrase: UInt32) -> Range<Int> { paraphraseEnds.range(Int(phrase)) }

  /// The phrase at a place of ``paraphraseRange(_:)``, and whether the entry is that phrase's.
  @inline(__always)
  func paraphrase(at index: Int) -> (phrase: UInt32, isReverse: Bool) {
    let number = paraphraseNumbers[index]
    return (number >> 1, number & 1 == 1)
  }
}

extension METEORTable {
  /// Where `plumb meteor install` puts the tables: the file that `PLUMB_METEOR` names, or
  /// `plumb/meteor-1.5-en.tables` in the user's data folder (`XDG_DATA_HOME`, `~/.local/share` without it).
  public static var installedFile: URL { installedFile(ProcessInfo.processInfo.environment) }

  /// The place that an environment asks for.
  package static func installedFile(_ environment: [String: String]) -> URL {
    if let file = environment["PLUMB_METEOR"], !file.isEmpty { return URL(fileURLWithPath: file) }
    return UserData.url("meteor-1.5-en.tables", environment: environment)
  }

  /// Whether there is such a file.
  public static var areInstalled: Bool { FileManager.default.fileExists(atPath: installedFile.path) }
}
