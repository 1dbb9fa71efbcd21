import Foundation
import JSON

/// The entries of a shard that have one key: an image and what is said about it.
struct ShardSample {
  /// A name of an entry, split as webdataset does: the key ends at the first dot of the last part of the path.
  struct Name: Equatable {
    var key: String
    /// In lower case, without the dot.
    var suffix: String

    init?(_ path: String) {
      let start = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
      guard let dot = path[start...].firstIndex(of: "."), dot > start, path.utf8.count <= 1024 else {
        return nil
      }
      key = String(path[..<dot])
      suffix = path[path.index(after: dot)...].lowercased()
    }
  }

  /// Where the image's bytes are.
  enum Image {
    case inPlace(offset: Int, size: Int)
    case held([UInt8])
  }

  var key: String
  var image: (name: String, bytes: Image)?
  var captions: [String] = []
  var label: Int?

  /// Takes in the text of a `.txt`, `.json` or `.cls` entry.
  ///
  /// - Throws: ``DataError/malformed(file:line:expected:found:)``.
  mutating func read(_ bytes: [UInt8], suffix: String, file: String, options: ShardOptions) throws(DataError)
  {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .malformed(
        file: "\(file): \(key).\(suffix)", line: nil, expected: "UTF-8 text", found: "other bytes")
    }
    switch suffix {
    case "txt", "caption":
      for line in text.split(whereSeparator: \.isNewline) {
        captions += options.captions(from: line)
      }
    case "cls":
      let number = text.trimmingCharacters(in: .whitespacesAndNewlines)
      guard let label = Int(number), (0..<1 << 24).contains(label) else {
        throw .malformed(
          file: "\(file): \(key).cls", line: nil, expected: "the number of a class",
          found: "\"\(number.prefix(40))\"")
      }
      self.label = label
    default:
      captions += try jsonCaptions(text, file: "\(file): \(key).\(suffix)", options: options)
    }
  }

  private func jsonCaptions(_ text: String, file: String, options: ShardOptions) throws(DataError) -> [String]
  {
    guard let value = try? JSONValue(parsing: text.utf8) else {
      throw .malformed(file: file, line: nil, expected: "JSON", found: "\"\(text.prefix(40))\"")
    }
    if let string = value.string { return options.captions(from: string) }
    let members = value.object ?? [:]
    for key in options.jsonKeys {
      if let string = members[key]?.string { return options.captions(from: string) }
      if let list = members[key]?.array { return list.compactMap(\.string).flatMap(options.captions(from:)) }
    }
    return []
  }
}

/// How the texts of shards become captions.
public struct ShardOptions: Sendable, Equatable {
  /// Whether a text is a list of names with commas between.
  public var splitsNames = false
  /// The sentences that a text is put into, at `{}`; none to take texts as they are.
  public var templates: [String] = []
  /// The keys of a `.json` entry that may hold the caption or a list of them; the first that is there counts.
  public var jsonKeys = ["caption", "captions", "text"]
  /// The names of the classes that `.cls` entries number; they make captions where there is no text.
  public var classNames: [String] = []
  /// The most bytes of an entry with an image; larger ones are skipped.
  public var imageLimit = 64 << 20
  /// The most bytes of an entry with a text.
  public var textLimit = 1 << 20
  /// The most bytes of images out of compressed shards that are kept in memory.
  public var memoryLimit = 1 << 30
  /// The share of samples that may make no sense.
  public var missingShare = 0.01

  /// Texts as they are.
  public init() {}

  func captions(from text: some StringProtocol) -> [String] {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.isEmpty else { return [] }
    return TrainingSet.sentences(
      splitsNames ? TrainingSet.splitNames(text) : [text], templates: templates)
  }
}
