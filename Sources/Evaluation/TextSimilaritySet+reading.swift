package import CaptionData
import Files
public import Foundation

extension TextSimilaritySet {
  /// Which part of a set that is divided for training.
  public enum Split: String, Sendable, CaseIterable {
    case test, dev, train
  }

  /// Reads the sets at a place: SentEval's folders with `STS.input.*.txt` and `STS.gs.*.txt`, whose parts are pooled;
  /// `sts-test.csv` of the STS Benchmark; `SICK_test_annotated.txt` of SICK; a folder of such folders; or one such file.
  ///
  /// - Throws: ``DatasetError``.
  public static func read(_ url: URL, split: Split = .test) throws -> [TextSimilaritySet] {
    let sets = try read(url, split: split, depth: 0)
    if let set = sets.first(where: \.pairs.isEmpty) {
      throw DatasetError.unreadable(
        file: url.relativePath, reason: "\(set.name) has no pair of sentences with a gold rating")
    }
    return sets
  }

  private static func read(_ url: URL, split: Split, depth: Int) throws -> [TextSimilaritySet] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw DatasetError.unreadable(file: url.relativePath, reason: String(cString: strerror(ENOENT)))
    }
    guard isFolder.boolValue else { return [try file(url)] }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path).sorted() else {
      throw DatasetError.unreadable(file: url.relativePath, reason: "its list of files cannot be read")
    }
    let path = url.relativePath
    func member(_ name: String) -> URL {
      URL(fileURLWithPath: path.hasSuffix("/") ? path + name : "\(path)/\(name)")
    }
    let parts = names.filter { $0.hasPrefix(inputPrefix) && $0.hasSuffix(".txt") }
    if !parts.isEmpty { return [try pooled(parts.map(member), name: url.lastPathComponent)] }
    let sick: [Split: String] = [
      .test: "SICK_test_annotated.txt", .dev: "SICK_trial.txt", .train: "SICK_train.txt",
    ]
    let known = ["sts-\(split.rawValue).csv", "sts-\(split.rawValue).tsv", sick[split] ?? ""]
    if let name = known.first(where: names.contains) {
      var set = try file(member(name))
      set.name = url.lastPathComponent
      return [set]
    }
    var sets: [TextSimilaritySet] = []
    if depth < 2 {
      for name in names where !name.hasPrefix(".") {
        let inner = member(name)
        guard FileManager.default.fileExists(atPath: inner.path, isDirectory: &isFolder), isFolder.boolValue
        else { continue }
        sets += try read(inner, split: split, depth: depth + 1)
      }
      guard sets.isEmpty, depth == 0 else { return sets }
    }
    guard depth == 0 else { return [] }
    throw DatasetError.unreadable(
      file: path,
      reason: "it holds no \(inputPrefix)*.txt, no \(known[0]) and no \(known[2]), nor do its folders")
  }

  private static let inputPrefix = "STS.input."

  /// One file, whose name or first line tells what it is.
  private static func file(_ url: URL) throws -> TextSimilaritySet {
    if url.lastPathComponent.hasPrefix(inputPrefix) {
      return try pooled([url], name: url.deletingPathExtension().lastPathComponent)
    }
    return try table(TextFile(contentsOf: url), name: url.deletingPathExtension().lastPathComponent)
  }

  /// SentEval: two sentences a line, and their gold on the same line of a second file.
  private static func pooled(_ inputs: [URL], name: String) throws -> TextSimilaritySet {
    var set = TextSimilaritySet(name: name, pairs: [])
    for input in inputs {
      let goldName = "STS.gs." + input.lastPathComponent.dropFirst(inputPrefix.count)
      let folder = (input.relativePath as NSString).deletingLastPathComponent
      let goldPath = folder.isEmpty ? goldName : "\(folder)/\(goldName)"
      let sentences = try TextFile(contentsOf: input)
      let gold = try TextFile(contentsOf: URL(fileURLWithPath: goldPath))
      try set.append(sentences, gold: gold)
    }
    return set
  }

  package mutating func append(_ sentences: TextFile, gold: TextFile) throws {
    let (lines, golds) = (try sentences.lines(), try gold.lines())
    guard lines.count == golds.count else {
      throw DatasetError.malformed(
        file: gold.name, line: golds.count,
        problem: "there are \(golds.count) lines for \(lines.count) pairs",
        remedy: "give a line for each pair, blank where it has no gold")
    }
    for (index, line) in lines.enumerated() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count >= 2 else {
        throw DatasetError.malformed(
          file: sentences.name, line: index + 1, problem: "there is no second sentence",
          remedy: "put a tab between the two")
      }
      let text = golds[index].trimmed()
      if text.isEmpty {
        withoutGold += 1
        continue
      }
      pairs.append(
        Pair(
          first: String(fields[0]), second: String(fields[1]),
          gold: try Self.number(text, file: gold.name, line: index + 1)))
    }
  }

  /// A table with tabs: the STS Benchmark, which has no header, or one whose first line names the columns.
  package static func table(_ file: TextFile, name: String) throws -> TextSimilaritySet {
    var set = TextSimilaritySet(name: name, pairs: [])
    var columns = (first: 5, second: 6, gold: 4)
    for (index, line) in try file.lines().enumerated() where !line.allSatisfy(\.isWhitespace) {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      if index == 0, let named = namedColumns(fields) {
        columns = named
        continue
      }
      guard fields.count > max(columns.first, columns.second, columns.gold) else {
        throw DatasetError.malformed(
          file: file.name, line: index + 1,
          problem:
            "there are \(fields.count) columns where \(max(columns.first, columns.second, columns.gold) + 1) "
            + "are needed",
          remedy:
            "give the STS Benchmark's seven columns, or name sentence1, sentence2 and score in the first line"
        )
      }
      let gold = fields[columns.gold].trimmed()
      if gold.isEmpty {
        set.withoutGold += 1
        continue
      }
      set.pairs.append(
        Pair(
          first: fields[columns.first], second: fields[columns.second],
          gold: try number(gold, file: file.name, line: index + 1)))
    }
    return set
  }

  private static func namedColumns(_ fields: [String]) -> (first: Int, second: Int, gold: Int)? {
    let names = fields.map { $0.lowercased().trimmed() }
    func index(_ choices: [String]) -> Int? { choices.lazy.compactMap(names.firstIndex(of:)).first }
    guard let first = index(["sentence_a", "sentence1"]), let second = index(["sentence_b", "sentence2"]),
      let gold = index(["relatedness_score", "score"])
    else { return nil }
    return (first, second, gold)
  }

  private static func number(_ text: String, file: String, line: Int) throws -> Double {
    if let number = Double(text), number.isFinite { return number }
    throw DatasetError.malformed(
      file: file, line: line, problem: "the gold \"\(text.prefix(40))\" is not a number",
      remedy: "correct it, or leave the line blank")
  }
}

extension TextFile {
  /// The lines without their ends.
  ///
  /// - Throws: ``DatasetError`` where one is not UTF-8.
  func lines() throws -> [String] {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return try lines.enumerated().map { index, line in
      let line = line.last == 0x0D ? line.dropLast() : line
      if let text = String(validating: line, as: UTF8.self) { return text }
      throw DatasetError.malformed(
        file: name, line: index + 1, problem: "the line is not UTF-8",
        remedy: "convert the file with: iconv -f LATIN1 -t UTF-8")
    }
  }
}
