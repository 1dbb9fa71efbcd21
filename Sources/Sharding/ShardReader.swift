import CaptionData
import Files
import Foundation
import JSON

/// Reads the pairs of a shard one after the other. Images stay where they are; captions are read.
///
/// As in webdataset, the members of a pair stand next to one another, and a key is the name up to the first point after the
/// last slash.
final class ShardReader: @unchecked Sendable {
  // Unchecked: one thread at a time uses it, and hands it over with everything in order.

  /// The largest caption or description that is read, in bytes.
  private static let textLimit = 4 << 20

  private let shard: Shard
  private let archive: ArchiveReader
  private let size: Int
  private var keys: Set<String> = []
  /// The pair whose members are being read.
  private var current: Members?
  private var isAtEnd = false
  /// Where the last member ends, with what fills its last block.
  private var end = 0

  private struct Members {
    var pair: ShardPair
    var extensions: Set<String> = []
    var text: [UInt8]?
    var description: [UInt8]?
    /// Why the text of `.txt` cannot be used.
    var problem: String?
    /// Why that of `.json` cannot.
    var descriptionProblem: String?
  }

  /// Opens a shard.
  ///
  /// - Throws: ``ShardingError``.
  init(_ shard: Shard) throws(ShardingError) {
    self.shard = shard
    size = try shard.byteCount()
    do { archive = try ArchiveReader(shard.url) } catch { throw Self.failure(error) }
  }

  /// The next pairs, at most so many; none at the end.
  ///
  /// - Throws: ``ShardingError``.
  func next(_ count: Int) throws(ShardingError) -> [ShardPair] {
    var pairs: [ShardPair] = []
    while pairs.count < count, let pair = try next() { pairs.append(pair) }
    return pairs
  }

  private func next() throws(ShardingError) -> ShardPair? {
    while !isAtEnd {
      guard let entry = try nextEntry() else {
        isAtEnd = true
        try requireEnd()
        break
      }
      guard let (key, suffix) = try parts(of: entry.name) else { continue }
      var finished: ShardPair?
      if let done = current, done.pair.key != key {
        finished = pair(of: done)
        current = nil
      }
      if current == nil {
        guard keys.insert(key).inserted else {
          throw damaged(
            "the members of \"\(key.prefix(80))\" do not stand next to one another, or the key is there twice",
            "pack it anew, sorted by name and with each key once")
        }
        current = Members(pair: ShardPair(key: key))
      }
      try add(entry, suffix)
      if let finished { return finished }
    }
    defer { current = nil }
    return current.map(pair)
  }

  private func nextEntry() throws(ShardingError) -> ArchiveReader.Entry? {
    do { return try archive.next(withLinks: true) } catch { throw Self.failure(error) }
  }

  /// The key and the extension of a member, in lower case; nil for what belongs to no pair.
  private func parts(of name: String) throws(ShardingError) -> (key: String, suffix: String)? {
    let steps = name.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }
    guard !name.hasPrefix("/"), !steps.contains("..") else {
      throw damaged(
        "the name of the member \"\(name.prefix(80))\" leads out of the archive",
        "pack it anew with relative names")
    }
    guard let file = steps.last, !file.hasPrefix("."), let point = file.firstIndex(of: ".") else {
      return nil
    }
    return (Self.key(ofMember: name), file[file.index(after: point)...].lowercased())
  }

  /// The key of a member of this name: the name up to the first point after the last slash.
  static func key(ofMember name: String) -> String {
    let steps = name.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }
    guard let file = steps.last else { return "" }
    return (steps.dropLast() + [file.prefix { $0 != "." }]).joined(separator: "/")
  }

  private func add(_ entry: ArchiveReader.Entry, _ suffix: String) throws(ShardingError) {
    guard let offset = entry.offset, let start = entry.start else {
      throw damaged(
        "the archive is compressed or sparse, and shards are read in place", "unpack it with gunzip or unzstd"
      )
    }
    guard current?.extensions.insert(suffix).inserted == true else {
      throw damaged(
        "the member \"\(entry.name.prefix(80))\" is there twice", "pack it anew with each name once")
    }
    end = offset + (entry.size + 511) / 512 * 512
    current?.pair.stretches.append(start..<end)
    if entry.isLink { return addLink(suffix) }
    switch suffix {
    case "txt":
      current?.text = try bytes()
      if current?.text == nil { current?.problem = "its caption has more than \(Self.textLimit) bytes" }
    case "json": current?.description = try bytes()
    default:
      guard Self.isImage(suffix) else { return }
      if current?.pair.image != nil {
        current?.pair.imageProblem = "it has several images"
      }
      current?.pair.image = FileStretch(of: shard.url, name: entry.name, offset: offset, size: entry.size)
    }
  }

  /// Notes what lacks its bytes. Links are not followed: what they lead to may be anywhere, or nowhere.
  private func addLink(_ suffix: String) {
    switch suffix {
    case "txt": current?.problem = "its .txt is a link, which is not followed"
    case "json": current?.descriptionProblem = "its .json is a link, which is not followed"
    default:
      if Self.isImage(suffix) { current?.pair.imageProblem = "its image is a link, which is not followed" }
    }
  }

  private static func isImage(_ suffix: String) -> Bool {
    ImageFormat.isNameOfOne("x.\(suffix)") && !suffix.contains(".")
  }

  private func bytes() throws(ShardingError) -> [UInt8]? {
    do { return try archive.bytes(limit: Self.textLimit) } catch { throw Self.failure(error) }
  }

  private func pair(of members: Members) -> ShardPair {
    var pair = members.pair
    if pair.image == nil, pair.imageProblem == nil { pair.imageProblem = "it has no image" }
    let description = members.description.flatMap { try? JSONValue(parsing: $0) }?.object
    pair.source = ["url", "uid"].compactMap { key in
      // Some data sets number their pairs.
      description?[key].flatMap { $0.string != nil || $0.integer != nil ? .init(key, $0) : nil }
    }
    var problem = members.problem
    if let bytes = members.text, problem == nil {
      // Not String(decoding:): what is no UTF-8 is no caption.
      let text = String(bytes: bytes, encoding: .utf8)
      pair.caption = text.map { Self.withoutEnds($0) }
      problem = text == nil ? "its .txt is not UTF-8 text" : nil
    } else if problem == nil {
      pair.caption = description?["caption"]?.string.map { Self.withoutEnds($0) }
      problem = members.descriptionProblem
      if members.description != nil, description == nil { problem = "its .json is no JSON object" }
    }
    if let found = pair.caption.flatMap({ MissingCaption.found(inString: $0) }) {
      problem = "its caption is \(found)"
      pair.caption = nil
    }
    if pair.caption == nil { pair.captionProblem = problem ?? "it has no caption" }
    return pair
  }

  /// A caption without a byte-order mark, and without the line end that editors leave.
  private static func withoutEnds(_ text: String) -> String {
    let text = text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
    return text.trimmingCharacters(in: .newlines)
  }

  /// An archive whose writer was stopped lacks the blocks of zeros at its end, even where no member is cut.
  private func requireEnd() throws(ShardingError) {
    guard size >= end + 512 else {
      throw damaged("the archive has no end mark: whoever wrote it was stopped", "write it again")
    }
  }

  private func damaged(_ problem: String, _ remedy: String) -> ShardingError {
    .damaged(file: shard.url.relativePath, problem: problem, remedy: remedy)
  }

  private static func failure(_ error: ArchiveError) -> ShardingError {
    switch error {
    case .unreadable(let file, let reason): .unreadable(file: file, reason: reason)
    case .damaged(let file, let problem):
      .damaged(file: file, problem: problem, remedy: "fetch or write it again")
    }
  }
}

extension Shard {
  /// How large the archive is.
  ///
  /// - Throws: ``ShardingError/unreadable(file:reason:)``.
  func byteCount() throws(ShardingError) -> Int {
    var status = stat()
    guard stat(url.path, &status) == 0 else {
      throw .unreadable(file: url.relativePath, reason: String(cString: strerror(errno)))
    }
    return Int(status.st_size)
  }

  /// Sees to it that the archive is as large as when an output was made of it.
  ///
  /// - Throws: ``ShardingError/changed(file:output:before:now:)``, ``ShardingError/unreadable(file:reason:)``.
  func requireSize(_ before: Int, of output: URL) throws(ShardingError) {
    let now = try byteCount()
    guard now == before else {
      throw .changed(file: url.relativePath, output: output.relativePath, before: before, now: now)
    }
  }
}
