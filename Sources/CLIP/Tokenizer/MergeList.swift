/// Builds a table of merges from a list of pairs, the first merge first.
struct MergeList {
  private let vocabulary: TokenTable
  private let file: String
  private let unit: String
  private var rank: Int32 = 0
  private var previous: Int32 = -2
  /// Which ids a merge makes.
  private var isMade: [Bool]
  /// What has been read.
  private(set) var merges: MergeTable

  /// Creates an empty list; `file` and `unit` (a line, a merge) are for messages.
  init(vocabulary: TokenTable, file: String, unit: String) {
    self.vocabulary = vocabulary
    self.file = file
    self.unit = unit
    merges = MergeTable(expecting: vocabulary.count)
    isMade = [Bool](repeating: false, count: vocabulary.idCount)
  }

  /// Adds a merge that is written as two tokens with a space between.
  mutating func add(_ line: UnsafeBufferPointer<UInt8>, at number: Int) throws {
    guard let space = line.firstIndex(of: 0x20), !line[(space + 1)...].contains(0x20) else {
      throw failure("two tokens with a space between", found: TextLines.excerpt(line), at: number)
    }
    try add(
      UnsafeBufferPointer(rebasing: line[..<space]), UnsafeBufferPointer(rebasing: line[(space + 1)...]),
      at: number)
  }

  /// Adds the merge of `left` and `right`.
  mutating func add(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>, at number: Int
  ) throws {
    guard let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right),
      let id = vocabulary.id(of: left, right, guess: previous + 1)
    else {
      throw failure(
        "two tokens of the vocabulary whose whole is one too",
        found: "\(TextLines.excerpt(left)) and \(TextLines.excerpt(right))", at: number)
    }
    merges.insert(leftID, rightID, MergeTable.Merge(rank: rank, id: id))
    rank += 1
    previous = id
    isMade[Int(id)] = true
  }

  /// Refuses a list that ends before every word of the vocabulary is made, as one does whose file was cut at a line's end: texts
  /// would quietly have other tokens.
  func requireAllWords() throws {
    for id in isMade.indices where !isMade[id] {
      guard let token = vocabulary.bytes(of: Int32(id)), token.suffix(4).elementsEqual("</w>".utf8) else {
        continue
      }
      // A single character, of one or two bytes, is no merge's.
      let character = token.dropLast(4)
      guard character.count > 2 || (character.count == 2 && character.allSatisfy { $0 < 0x80 }) else {
        continue
      }
      throw TokenizerError.malformed(
        file: file, place: "after \(rank) merges",
        expected: "one that makes \(token.withUnsafeBufferPointer(TextLines.excerpt)) of the vocabulary",
        found: "the end of the file")
    }
  }

  private func failure(_ expected: String, found: String, at number: Int) -> TokenizerError {
    .malformed(file: file, place: "in \(unit) \(number)", expected: expected, found: found)
  }
}

/// The lines of a text file.
enum TextLines {
  /// Calls `body` with the number of each line, from 1, and its bytes without the line break.
  static func forEach(
    _ bytes: UnsafeBufferPointer<UInt8>, body: (Int, UnsafeBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    var start = 0
    var number = 1
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 0x0A { end += 1 }
      let isCarriageReturn = end > start && bytes[end - 1] == 0x0D
      try body(number, UnsafeBufferPointer(rebasing: bytes[start..<(isCarriageReturn ? end - 1 : end)]))
      start = end + 1
      number += 1
    }
  }

  /// The beginning of `bytes` for a message, in quotes and with control characters escaped.
  static func excerpt(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    String(decoding: bytes.prefix(40), as: UTF8.self).debugDescription + (bytes.count > 40 ? "…" : "")
  }
}
