import CaptionData
import Foundation
import JSON

/// FOIL (Shekhar et al. 2017): captions of COCO, and the same with one word made wrong.
enum FOILJudgements {
  private static let folders = ["foil", "coco", "annotations", "coco/annotations"]

  static func read(_ folder: JudgementFolder) throws -> JudgementSet {
    guard let foil = folder.find(["foilv1.0_test_2017.json"], under: folders),
      let coco = folder.find(["captions_val2014.json"], under: folders)
    else { throw folder.missing("foilv1.0_test_2017.json and COCO's captions_val2014.json") }
    let file = try TextFile(contentsOf: foil)
    let (annotations, names) = try FOILFile(file).read()
    let captions = try ImageCaptions(coco)

    var set = JudgementSet(
      name: folder.set.rawValue, items: [], judgements: .preferences([], tie: .second),
      rules: "share of pairs in which the true caption scores strictly higher; the true caption is not among "
        + "the references", files: [file.name, captions.file])
    var trueItems: [String: Int] = [:]
    for annotation in annotations where !annotation.isFoil && trueItems[annotation.id] == nil {
      guard let all = captions.references(of: annotation.image) else {
        throw JudgementError.unknown(
          file: file.name, line: annotation.line, what: "image", id: annotation.image,
          missingIn: captions.file)
      }
      let own = annotation.caption.singleSpaced
      trueItems[annotation.id] = set.items.count
      set.items.append(
        .init(
          id: "\(annotation.id):true", image: names[annotation.image] ?? Self.fileName(annotation.image),
          candidate: own, references: all.map(\.singleSpaced).filter { $0 != own }))
    }
    var preferences: [JudgementSet.Preference] = []
    var counts: [String: Int] = [:]
    for annotation in annotations where annotation.isFoil {
      guard let pair = trueItems[annotation.id] else {
        throw JudgementError.malformed(
          file: file.name, line: annotation.line,
          problem: "the foil with id \"\(annotation.id)\" has no true caption with that id")
      }
      let number = counts[annotation.id, default: 0] + 1
      counts[annotation.id] = number
      preferences.append(.init(first: pair, second: set.items.count, prefersFirst: true))
      set.items.append(
        .init(
          id: "\(annotation.id):foil" + (number > 1 ? "\(number)" : ""), image: set.items[pair].image,
          candidate: annotation.caption.singleSpaced, references: set.items[pair].references))
    }
    guard !preferences.isEmpty else { throw JudgementError.nothingToJudge(file: file.name) }
    set.judgements = .preferences(preferences, tie: .second)
    return set
  }

  private static func fileName(_ number: String) -> String {
    "COCO_val2014_" + String(repeating: "0", count: max(0, 12 - number.count)) + number + ".jpg"
  }
}

/// `{"images": [{"id", "file_name"}], "annotations": [{"id", "image_id", "caption", "foil": true or false}]}`.
private struct FOILFile {
  struct Annotation {
    var id = ""
    var image = ""
    var caption = ""
    var isFoil = false
    var line = 0
  }

  private let file: TextFile
  private var lines = LineCounter()
  private var annotations: [Annotation] = []
  private var names: [String: String] = [:]

  init(_ file: TextFile) { self.file = file }

  /// The captions, and the files of images by their numbers.
  func read() throws -> ([Annotation], names: [String: String]) {
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
