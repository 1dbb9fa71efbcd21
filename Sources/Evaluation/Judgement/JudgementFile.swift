import CaptionData
import Files
public import Foundation
import JSON

extension JudgementSet {
  /// Reads judgements of one's own: JSON lines with ratings,
  /// `{"image", "candidate", "references", "rating"}` or `"ratings"` with a list, each of which counts by itself; or
  /// with preferences, `{"image", "candidates": [first, second], "references", "preferred": 1 or 2, "category"}`.
  ///
  /// `id`, `references` and `category` may be missing; the line's number is then the id. A preference of 0 (nobody
  /// could tell) is skipped.
  ///
  /// - Parameter keepGoing: whether lines in which a rating, a preference or a caption is missing or cannot be read are
  ///   skipped and listed.
  /// - Throws: ``JudgementError``, ``DatasetError``.
  public init(contentsOf url: URL, keepGoing: Bool = false) throws {
    var reader = JudgementLines(file: try TextFile(contentsOf: url), keepGoing: keepGoing)
    try reader.read()
    guard reader.ratings.count > 1 || !reader.preferences.isEmpty else {
      throw JudgementError.nothingToJudge(file: reader.file.name)
    }
    let isRated = reader.preferences.isEmpty
    let isDivided = reader.preferences.contains { $0.category != nil }
    self.init(
      name: reader.file.name, items: reader.items,
      judgements: isRated
        ? .ratings(reader.ratings, coefficient: .kendallC) : .preferences(reader.preferences, tie: .half),
      rules: isRated
        ? "τ-c; each rating a row"
        : "share of pairs\(isDivided ? ", mean over categories" : ""); a metric's tie is half right",
      files: [reader.file.name])
    skipped = reader.skipped
    if reader.undecided > 0 {
      warnings.append("skipped \(counted(reader.undecided, "pair")) of which people preferred neither")
    }
  }
}

/// Reads judgements a line.
private struct JudgementLines {
  let file: TextFile
  let keepGoing: Bool
  var skipped: [SkippedItem] = []
  var items: [JudgementSet.Item] = []
  var ratings: [JudgementSet.Rating] = []
  var preferences: [JudgementSet.Preference] = []
  var undecided = 0
  private var lines: [String: Int] = [:]

  init(file: TextFile, keepGoing: Bool) {
    self.file = file
    self.keepGoing = keepGoing
  }

  mutating func read() throws {
    var line = 0
    for bytes in file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      var id: String?
      do {
        let row = try Row(file: file.name, line: line, parsing: bytes)
        id = row.id
        try read(row)
      } catch let error as JudgementError {
        try reject(error, id: id)
      }
    }
  }

  /// Ends the work with `error`, or skips what it is about.
  private mutating func reject(_ error: JudgementError, id: String?) throws {
    switch error {
    case .malformed, .notANumber, .missing:
      guard keepGoing else { throw error }
      skipped.append(SkippedItem(id: id, reason: error.description))
    default: throw error
    }
  }

  private mutating func read(_ row: Row) throws {
    let id = try row.identifier("id") ?? String(row.line)
    if let first = lines[id] {
      throw JudgementError.duplicateID(file: file.name, line: row.line, id: id, firstLine: first)
    }
    lines[id] = row.line
    let image = try row.identifier("image") ?? row.identifier("image_id") ?? ""
    let references = try row.texts("references") ?? row.texts("reference") ?? []
    guard row.has("candidates") || row.has("preferred") else {
      guard preferences.isEmpty, undecided == 0 else {
        throw JudgementError.mixed(file: file.name, line: row.line)
      }
      let captionKey = row.has("candidate") || !row.has("caption") ? "candidate" : "caption"
      if let fault = row.missingCaption(captionKey) { throw fault }
      guard let candidate = try row.text(captionKey) else {
        throw row.missingCaption("caption") ?? row.missing("\"candidate\", or \"candidates\" with two texts,")
      }
      let key = row.has("ratings") ? "ratings" : "rating"
      let (values, faults) = try row.ratings(key)
      guard !values.isEmpty || !faults.isEmpty else {
        throw row.missing("\"rating\", or \"ratings\" with a list,")
      }
      for fault in faults { try reject(fault, id: id) }
      guard !values.isEmpty else { return }
      ratings += values.map { .init(item: items.count, value: $0) }
      items.append(.init(id: id, image: image, candidate: candidate, references: references))
      return
    }
    guard ratings.isEmpty else { throw JudgementError.mixed(file: file.name, line: row.line) }
    guard let candidates = try row.texts("candidates"), candidates.count == 2 else {
      throw row.missing("\"candidates\" with two texts")
    }
    for candidate in candidates where MissingCaption.found(inString: candidate) != nil {
      throw row.missing(
        "candidates", "two captions", found: MissingCaption.found(inString: candidate) ?? "empty")
    }
    if let fault = row.missingValue("preferred", expected: "1, 2, or 0 for neither") { throw fault }
    guard let preferred = try row.numbers("preferred"), preferred.count == 1,
      let choice = Int(exactly: preferred[0]), (0...2).contains(choice)
    else { throw row.missing("\"preferred\" with 1, 2, or 0 for neither,") }
    guard choice > 0 else {
      undecided += 1
      return
    }
    preferences.append(
      .init(
        first: items.count, second: items.count + 1, prefersFirst: choice == 1,
        category: try row.identifier("category")))
    for (place, candidate) in candidates.enumerated() {
      items.append(
        .init(id: "\(id):\(place + 1)", image: image, candidate: candidate, references: references))
    }
  }
}

extension TextFile {
  /// Calls `body` with the object on each line that is not blank. Throws ``JudgementError``, and what `body` throws.
  func forEachRow(_ body: (Row) throws -> Void) throws {
    var line = 0
    for bytes in self.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      try body(Row(file: name, line: line, parsing: bytes))
    }
  }
}

/// An object on a line, with what is wrong in it told by file, line and key.
struct Row {
  let file: String
  let line: Int
  private let members: [String: JSONValue]

  init(file: String, line: Int, parsing bytes: ArraySlice<UInt8>) throws {
    do {
      try self.init(file: file, line: line, value: JSONValue(parsing: bytes))
    } catch let error as JSONSyntaxError {
      throw JudgementError.malformed(
        file: file, line: line,
        problem: "\(error.problem); each line must be a JSON object, as plumb judge --help shows")
    }
  }

  private init(file: String, line: Int, value: JSONValue) throws {
    self.file = file
    self.line = line
    guard let members = value.object else {
      throw JudgementError.malformed(
        file: file, line: line, problem: "an object is expected on each line, and \(value.summary) found")
    }
    self.members = members
  }

  /// The id, or the number of the line.
  var id: String { (try? identifier("id")) ?? String(line) }

  func has(_ key: String) -> Bool { members[key].map { $0 != .null } ?? false }

  /// The error of a value that is there and stands for a missing one; nil where it does not.
  func missingValue(_ key: String, expected: String) -> JudgementError? {
    members[key].flatMap(Self.missing).map { missing(key, expected, found: $0) }
  }

  /// The same of a caption.
  func missingCaption(_ key: String) -> JudgementError? {
    if case .string(let text)? = members[key] {
      return MissingCaption.found(inString: text).map { missing(key, "a caption", found: $0) }
    }
    return missingValue(key, expected: "a caption")
  }

  func missing(_ key: String, _ expected: String, found: String) -> JudgementError {
    .missing(file: file, line: line, id: id, key: key, expected: expected, found: found)
  }

  private static func missing(_ value: JSONValue) -> String? {
    switch value {
    case .null: "null"
    case .number(let number) where number.isNaN: "NaN"
    default: nil
    }
  }

  /// The numbers of a key, and an error for each that is missing; neither where the key is not there.
  func ratings(_ key: String) throws -> (values: [Double], faults: [JudgementError]) {
    guard let value = members[key] else { return ([], []) }
    let list: [JSONValue] = if case .array(let list) = value { list } else { [value] }
    var (values, faults): ([Double], [JudgementError]) = ([], [])
    for value in list {
      if let found = Self.missing(value) {
        faults.append(missing(key, "a number", found: found))
      } else {
        values.append(try number(value, key))
      }
    }
    return (values, faults)
  }

  func missing(_ what: String) -> JudgementError {
    .malformed(file: file, line: line, problem: "\(what) is missing among \(keys)")
  }

  private var keys: String {
    members.isEmpty ? "no keys at all" : members.keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
  }

  private func wrong(_ key: String, _ expected: String, _ found: JSONValue) -> JudgementError {
    .malformed(file: file, line: line, problem: "\"\(key)\" must be \(expected), and is \(found.summary)")
  }

  func identifier(_ key: String) throws -> String? {
    switch members[key] {
    case nil, .null: return nil
    case .string(let text)? where !text.isEmpty: return text
    case .integer(let number)?: return String(number)
    case .some(let other): throw wrong(key, "a string or a whole number", other)
    }
  }

  func text(_ key: String) throws -> String? {
    switch members[key] {
    case nil, .null: return nil
    case .string(let text)?: return text
    case .some(let other): throw wrong(key, "a string", other)
    }
  }

  func texts(_ key: String) throws -> [String]? {
    switch members[key] {
    case nil, .null: return nil
    case .string(let text)?: return [text]
    case .array(let list)?:
      return try list.map { element in
        guard case .string(let text) = element else { throw wrong(key, "a list of strings", element) }
        return text
      }
    case .some(let other): throw wrong(key, "a string or a list of strings", other)
    }
  }

  func numbers(_ key: String) throws -> [Double]? {
    switch members[key] {
    case nil, .null: return nil
    case .array(let list)?: return try list.map { try number($0, key) }
    case .some(let other): return [try number(other, key)]
    }
  }

  private func number(_ value: JSONValue, _ key: String) throws -> Double {
    guard let number = value.number, number.isFinite else {
      throw JudgementError.notANumber(file: file, line: line, key: key, found: value.summary)
    }
    return number
  }
}
