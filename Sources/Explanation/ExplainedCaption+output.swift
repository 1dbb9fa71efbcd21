import CLIP
public import Foundation
public import JSON
public import Plotting

extension ExplainedCaption {
  /// `{"id", "caption", "score", "words": [{"word", "start", "support", …}]}`; `start` counts Unicode characters (scalars), as
  /// Python does.
  public func json(threshold: Double) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("caption", .string(caption)), .init("score", .number(score)),
    ]
    if isTruncated { members.append(.init("truncated", .bool(true))) }
    members.append(.init("words", .array(words.map { $0.json(in: caption, threshold: threshold) })))
    return .object(members)
  }

  /// The caption from first to last: each word, and what stands between words, which has no support.
  public var pieces: [(text: String, word: WordSupport?)] {
    var pieces: [(text: String, word: WordSupport?)] = []
    var end = caption.startIndex
    for word in words {
      if end < word.range.lowerBound { pieces.append((String(caption[end..<word.range.lowerBound]), nil)) }
      pieces.append((word.word, word))
      end = word.range.upperBound
    }
    if end < caption.endIndex { pieces.append((String(caption[end...]), nil)) }
    return pieces
  }
}

extension WordSupport {
  /// A word of a caption as JSON; `support` is null where it is not judged.
  func json(in caption: String, threshold: Double) -> JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    var members: [JSONValue.Member] = [
      .init("word", .string(word)),
      .init("start", .integer(caption[..<range.lowerBound].unicodeScalars.count)),
      .init("support", number(support)), .init("removal", number(removal)),
      .init("unsupported", .bool(level(threshold: threshold) == .unsupported)),
    ]
    if let alternative {
      members.append(
        .init(
          "alternative", ["word": .string(alternative.word), "score": .number(alternative.score)]))
    }
    return .object(members)
  }
}

extension CaptionPlot {
  /// Draws an image with its explained captions.
  ///
  /// - Throws: `ImageError` where the image cannot be read.
  public init(of captions: [ExplainedCaption], image url: URL, threshold: Double) throws {
    let side = 640
    let jpeg = try Thumbnail.jpeg(contentsOf: url, side: side)
    let pixels = try Thumbnail.pixels(contentsOf: url, side: side)
    func text(_ value: Double) -> String { String(format: "%.2f", value) }
    self.init(
      title: "Which words of a caption \(url.lastPathComponent) does not support",
      image: (jpeg, pixels.width, pixels.height),
      captions: captions.map { caption in
        .init(
          label: String(format: "%.4f", caption.score),
          pieces: caption.pieces.flatMap { text, word -> [Piece] in
            guard let word else { return Self.gaps(text) }
            let note = word.support.map { support in
              let best = word.alternative.map { ", best alternative: \($0.word)" } ?? ""
              return "\(word.word): support \(String(format: "%.2f", support))\(best)"
            }
            return [Piece(text, style: .init(word.level(threshold: threshold)), note: note)]
          })
      },
      legend: [
        (.supported, "supported: no other word of its kind fits the image better"),
        (.doubtful, "doubtful: another word fits somewhat better"),
        (
          .unsupported,
          "not supported: the CLIPScore with another word is higher by more than \(text(-threshold))"
        ),
        (.unjudged, "not judged"),
      ])
  }

  /// What stands between words, with blanks apart, at which lines are broken.
  private static func gaps(_ text: String) -> [Piece] {
    var pieces: [Piece] = []
    for character in text {
      let piece = character.isWhitespace ? " " : String(character)
      if let last = pieces.last, (last.text == " ") == (piece == " ") {
        if piece != " " { pieces[pieces.count - 1].text += piece }
      } else {
        pieces.append(Piece(piece, style: .unjudged))
      }
    }
    return pieces
  }
}

extension CaptionPlot.Style {
  init(_ level: WordSupport.Level) {
    switch level {
    case .notJudged: self = .unjudged
    case .supported: self = .supported
    case .doubtful: self = .doubtful
    case .unsupported: self = .unsupported
    }
  }
}
