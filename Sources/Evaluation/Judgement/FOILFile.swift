package import CaptionData
import JSON

/// `{"images": [{"id", "file_name"}], "annotations": [{"id", "image_id", "caption", "foil": true or false, "foil_word"}]}`.
package struct FOILFile {
  /// A caption, true or made wrong.
  package struct Annotation {
    package var id = ""
    package var image = ""
    package var caption = ""
    package var isFoil = false
    /// The word that made the caption wrong; `ORIG` or nothing in true captions.
    package var foilWord: String?
    package var line = 0
  }

  private let file: TextFile
  private var lines = LineCounter()
  private var annotations: [Annotation] = []
  private var names: [String: String] = [:]

  /// Takes a file that was read.
  package init(_ file: TextFile) { self.file = file }

  /// COCO's name of an image of val2014, which FOIL's captions are about.
  package static func imageName(_ number: String) -> String {
    "COCO_val2014_" + String(repeating: "0", count: max(0, 12 - number.count)) + number + ".jpg"
  }

  /// The captions, and the files of images by their numbers.
  ///
  /// - Throws: ``JudgementError/malformed(file:line:problem:)``.
  package func read() throws -> ([Annotation], names: [String: String]) {
    var reader = self
    var scanner = JSONScanner(file.bytes)
    do {
      try scanner.open("{")
      var isFirst = true
      while let key = try scanner.nextKey(isFirst: &isFirst) {
        switch key {
        case "annotations": try reader.readAnnotations(&scanner)
        case "images": try reader.readImages(&scanner)
        default: try scanner.skipValue()
        }
      }
      try scanner.finish()
    } catch let error as JSONSyntaxError {
      throw JudgementError.malformed(
        file: file.name, line: reader.lines.line(at: error.offset, in: file.bytes), problem: error.problem)
    }
    return (reader.annotations, reader.names)
  }

  private mutating func readAnnotations(_ scanner: inout JSONScanner) throws {
    try scanner.open("[")
    var isFirst = true
    while try scanner.next(isFirst: &isFirst, closing: "]") {
      let start = scanner.at
      var annotation = Annotation()
      var isComplete = (id: false, image: false, caption: false, foil: false)
      try scanner.open("{")
      var isFirstKey = true
      while let key = try scanner.nextKey(isFirst: &isFirstKey) {
        switch key {
        case "id":
          if let id = try scanner.field().identifier { (annotation.id, isComplete.id) = (id, true) }
        case "image_id":
          if let id = try scanner.field().identifier { (annotation.image, isComplete.image) = (id, true) }
        case "caption":
          if case .text(let text) = try scanner.field() {
            (annotation.caption, isComplete.caption) = (text, true)
          }
        case "foil_word":
          if case .text(let word) = try scanner.field() { annotation.foilWord = word }
        case "foil":
          isComplete.foil = true
          annotation.isFoil =
            try scanner.kind() == .boolean ? scanner.boolean() : scanner.field() == .text("True")
        default: try scanner.skipValue()
        }
      }
      annotation.line = lines.line(at: start, in: file.bytes)
      guard isComplete == (true, true, true, true) else {
        throw JudgementError.malformed(
          file: file.name, line: annotation.line,
          problem: "an annotation must have \"id\", \"image_id\", \"caption\" and \"foil\"")
      }
      annotations.append(annotation)
    }
  }

  private mutating func readImages(_ scanner: inout JSONScanner) throws {
    try scanner.open("[")
    var isFirst = true
    while try scanner.next(isFirst: &isFirst, closing: "]") {
      if let image = try scanner.cocoImage() { names[image.id] = image.fileName }
    }
  }
}
