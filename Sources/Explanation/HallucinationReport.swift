public import CaptionMetrics
import Files
public import Foundation
public import JSON

/// The words with the least support in many captions.
public struct HallucinationReport: Sendable {
  /// An unsupported word in its caption.
  struct Entry: Sendable {
    var caption: Int
    var word: WordSupport
    var support: Double
  }

  /// The captions, in the order of the file.
  public let captions: [ExplainedCaption]
  /// The support below which a word is listed.
  public let threshold: Double
  /// Where the numbers come from.
  public let provenance: Provenance
  /// The words below the threshold, the one with the least support first.
  let entries: [Entry]

  /// Finds the unsupported words.
  public init(_ captions: [ExplainedCaption], threshold: Double, provenance: Provenance) {
    self.captions = captions
    self.threshold = threshold
    self.provenance = provenance
    entries = captions.enumerated().flatMap { index, caption in
      caption.words.compactMap { word in
        word.support.flatMap { $0 < threshold ? Entry(caption: index, word: word, support: $0) : nil }
      }
    }.sorted { ($0.support, $0.caption) < ($1.support, $1.caption) }
  }

  private var judgedCount: Int { captions.reduce(0) { $0 + $1.words.count { $0.support != nil } } }

  /// The list for people.
  public func table(top: Int) -> String {
    let captionCount = Set(entries.map(\.caption)).count
    var text = [
      "\(entries.count) of \(counted(judgedCount, "word")) in \(captionCount) of \(counted(captions.count, "caption")) "
        + "are likely not supported by the image", "",
    ]
    if !entries.isEmpty {
      text.append("  support  word, best alternative, caption")
      for entry in entries.prefix(top) {
        let caption = captions[entry.caption]
        let other = entry.word.alternative.map { " → \($0.word)" } ?? ""
        text.append(
          "  \(String(format: "%7.3f", entry.support))  \(entry.word.word)\(other)  [\(caption.id)] \(caption.caption.singleLine)"
        )
      }
      if entries.count > top {
        text.append("           and \(entries.count - top) more; see --top and --output")
      }
      text.append("")
    }
    text += Provenance.noteLines(
      "reading",
      "support: the CLIPScore of the caption minus that with the best alternative, or without the word; listed below "
        + "\(String(format: "%.3g", threshold))")
    text += provenance.notes
    return text.joined(separator: "\n") + "\n"
  }

  /// The list for programs.
  public func json(top: Int? = nil) -> JSONValue {
    [
      "captions": .integer(captions.count), "judged_words": .integer(judgedCount),
      "unsupported_words": .integer(entries.count), "threshold": .number(threshold),
      "hallucinations": .array(
        entries.prefix(top ?? entries.count).map { entry in
          let caption = captions[entry.caption]
          let word = entry.word.json(in: caption.caption, threshold: threshold)
          guard case .object(let members) = word else { return word }
          return .object(
            [.init("id", .string(caption.id)), .init("caption", .string(caption.caption))] + members)
        }), "provenance": provenance.json,
    ]
  }

  /// Writes all words of all captions as JSON, a line a caption; the file appears whole or not at all.
  ///
  /// - Throws: `FileWriteError`.
  public func writeLines(to url: URL) throws {
    let file = try AtomicFile(url)
    for caption in captions {
      guard case .object(let members) = caption.json(threshold: threshold) else { continue }
      try file.write(JSONValue.object([.init("id", .string(caption.id))] + members).text() + "\n")
    }
    try file.commit()
  }
}

extension String {
  /// Without line breaks and control characters, so that it stays in its line of a terminal.
  fileprivate var singleLine: String {
    String(
      map {
        $0.isNewline || $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? " " : $0
      })
  }
}
