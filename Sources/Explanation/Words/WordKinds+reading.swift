import CaptionData
public import Foundation

extension WordKinds.Kind {
  /// Reads `noun people: man/men guy, woman lady`; nil where a line is not like that.
  init?(line: String) {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    let head = line[..<colon].split(whereSeparator: \.isWhitespace)
    guard head.count == 2, let part = WordForms.PartOfSpeech(rawValue: String(head[0])) else { return nil }
    let groups = line[line.index(after: colon)...].split(separator: ",").map {
      $0.split(whereSeparator: \.isWhitespace).map(String.init)
    }
    self.init(name: String(head[1]), part: part, groups: groups)
  }

  /// A kind of groups of words; a word may be in several.
  init(name: String, part: WordForms.PartOfSpeech, groups: [[String]]) {
    var entries: [WordKinds.Entry] = []
    var numbers: [String: Int] = [:]
    for (group, words) in groups.enumerated() {
      for word in words {
        let forms = WordForms.forms(part, given: word.split(separator: "/").map { $0.lowercased() })
        guard let base = forms.first else { continue }
        if let number = numbers[base] {
          entries[number].groups.insert(group)
          // The forms may stand with any mention.
          if word.contains("/") { entries[number].forms = forms }
        } else {
          numbers[base] = entries.count
          entries.append(WordKinds.Entry(forms: forms, groups: [group]))
        }
      }
    }
    self.init(name: name, part: part, entries: entries)
  }
}

extension WordKinds {
  /// Reads kinds of a user's own: a line a kind, its words with commas or blanks between, all of them alternatives of each
  /// other. Lines may also be like those of the built-in kinds: `noun dogs: poodle, hound beagle, dachshund`. Lines that begin
  /// with # are comments.
  ///
  /// - Throws: ``ExplanationError`` where a line has fewer than two words, and `DatasetError`.
  public init(contentsOf url: URL) throws {
    self.init()
    let file = try TextFile(contentsOf: url)
    let name = file.name
    let lines = String(decoding: file.bytes, as: UTF8.self)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      let words = line.split { $0 == "," || $0.isWhitespace }.map(String.init)
      let kind =
        Kind(line: line)
        ?? Kind(name: "line \(index + 1)", part: .noun, groups: words.map { [$0] })
      guard Set(kind.entries.flatMap(\.groups)).count > 1 else {
        throw ExplanationError.tooFewWords(file: name, line: index + 1, found: kind.entries.count)
      }
      add(kind)
    }
    guard !kinds.isEmpty else { throw ExplanationError.noKinds(file: name) }
  }
}
