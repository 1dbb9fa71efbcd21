import Foundation
import JSON

/// What people wrote of pictures: Flickr's `.token` files, COCO's annotations, or Karpathy's `dataset_*.json`.
struct PictureCaptions {
  /// The file as the user named it.
  let file: String
  /// By the stem of the picture's name, or by COCO's number without zeros.
  private var captions: [String: [String]] = [:]

  init(_ url: URL) throws {
    file = url.relativePath
    if url.pathExtension != "json" {
      for (image, texts) in try Flickr8kCaptions(url).all { captions[Self.key(image)] = texts }
      return
    }
    let text = try TextFile(contentsOf: url)
    if let karpathy = try Self.karpathy(text) {
      captions = karpathy
      return
    }
    var reader = CaptionFileReader(file: text, role: .references, keepGoing: false)
    try reader.read()
    for row in reader.rows {
      // By the number and by the name, which need not hold the number.
      captions[Self.key(row.id), default: []] += row.references
      guard let picture = row.picture, Self.key(picture) != Self.key(row.id) else { continue }
      captions[Self.key(picture), default: []] += row.references
    }
  }

  /// The captions of a picture, by its name or by its number; nil where there are none.
  func references(of image: String) -> [String]? { captions[Self.key(image)] }

  /// `COCO_val2014_000000391895.jpg`, `000000391895.jpg` and `391895` are one picture, and a picture is the same with
  /// and without `.jpg`.
  private static func key(_ name: String) -> String {
    let name = name.split(separator: "/").last.map(String.init) ?? name
    let stem = NameIndex.stem(name) ?? name
    var digits = Substring(stem)
    if stem.hasPrefix("COCO_"), let mark = stem.lastIndex(of: "_") {
      digits = stem[stem.index(after: mark)...]
    }
    guard digits.utf8.count == 12, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return stem }
    let number = digits.drop { $0 == "0" }
    return number.isEmpty ? "0" : String(number)
  }

  /// `{"images": [{"filename", "sentences": [{"raw"}]}]}`; nil where the file is something else.
  private static func karpathy(_ text: TextFile) throws -> [String: [String]]? {
    guard String(decoding: text.bytes.prefix(4096), as: UTF8.self).contains("\"sentences\"") else {
      return nil
    }
    let document = try JudgementDocument(text)
    var captions: [String: [String]] = [:]
    for (index, image) in try document.list("images", of: document.root, "the file").enumerated() {
      let entry = "image \(index)"
      let sentences = try document.list("sentences", of: image, entry)
      captions[key(try document.text("filename", of: image, entry))] = try sentences.map {
        try document.text("raw", of: $0, entry)
      }
    }
    return captions
  }
}
